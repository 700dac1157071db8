"""One admission in a run: what each criterion found, how it counts, what was set aside."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.results.run import Run
from ehrivig.results.why.counted import counted
from ehrivig.results.why.criteria import criteria
from ehrivig.results.why.kept import KEYS, Kept
from ehrivig.results.why.section import Section, text, values

_OF_STAY = (
    *("admitted_at", "discharged_at", "discharge_status", "death_at", "symptom_onset_at"),
    *("age_years", "male", "weight_kg", "height_cm"),
)
_UNITS = {"age_years": "y", "weight_kg": "kg", "height_cm": "cm"}
_SHOWN = 20
"""Rows of a table that are shown when they were set aside; of more it is said where they lie."""
_NAMED = 8
_HOW = (
    "what value met a criterion, each administration, the source row of each value: give the "
    "run's extract again, --extract DUMP"
)


def why(
    folder: str | Path,
    hospital: str,
    admission: str,
    *,
    extract: str | Path | None = None,
    study: str | Path | None = None,
) -> list[Section]:
    """What a run made of one admission. Raises UsageError for one that it has not.

    All of it is of the run folder: values, their reasons, rows that were set aside. With the
    `extract` that the run read (and the `study` file, of a study with code lists of its own) also
    the rows that met each criterion, every administration, the source of each value; ExtractError
    where it cannot be read.
    """
    run = Run(folder, local=True)
    kept = Kept(run, hospital, admission)
    _refuse_without_rows(kept)
    stay = kept.row("hospitals/screened") if kept.judged else None
    aside = [_set_aside(name, rows) for name, rows in kept.set_aside()]
    again = _again(kept, extract, study)
    if stay is None:
        return [_not_judged(kept, aside), *aside, *(again if extract is not None else [])]
    found = [
        Section("Stay", values(stay, _OF_STAY, _UNITS)),
        criteria(kept),
        *counted(kept),
        _scope(kept),
        *aside,
        *again,
    ]
    return [one for one in found if one.lines]


def _again(kept: Kept, dump: str | Path | None, study: str | Path | None) -> list[Section]:
    """What is read from the extract; without it, that it would be."""
    if dump is None:
        return [Section("Not kept in the run", [("evidence", _HOW)])]
    from ehrivig.results.why.again import read_again

    return read_again(kept, dump, study)


def _refuse_without_rows(kept: Kept) -> None:
    """UsageError where the run keeps no row of anybody, or has no such hospital."""
    run = kept.run
    if not kept.judged and not (run.folder / "quarantine").is_dir():
        raise UsageError(
            f"why: {run.folder.name!r} keeps no row of an admission (--aggregate-only, or a "
            "release). Ask where the run lies."
        )
    there = [str(one) for one in run.manifest.get("hospitals") or [kept.hospital]]
    if kept.hospital not in there:
        more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
        raise UsageError(
            f"why: no hospital {kept.hospital!r} in this run (there are: "
            f"{', '.join(there[:_NAMED])}{more}). Give its id as the extract writes it."
        )


def _not_judged(kept: Kept, aside: list[Section]) -> Section:
    """Why no criterion was asked of an admission; UsageError where nothing at all is known of it.

    The gate set its row aside, or left its hospital out; or the run only checked the data.
    """
    own = kept.rows("quarantine/admission")
    if own.height:
        reasons = "; ".join(own["reason"].cast(str).unique().sort().to_list())
        return Section("Set aside by the data gate", [("admission", reasons)])
    if not kept.judged or kept.left_out:
        whom = f"hospital {kept.hospital}" if kept.left_out else "the run"
        said = (
            "the data gate left the hospital out"
            if kept.left_out
            else "it only checked the data, or the data gate blocked it"
        )
        no_rows = "" if aside else "; no row of this admission was set aside"
        return Section("Not judged", [(whom, f"{said}: it asked no criterion of anybody{no_rows}")])
    if aside:
        said = "none of this id was read: what names it was set aside"
        return Section("No such admission", [("admission", said)])
    raise UsageError(
        f"why: no admission {kept.admission!r} in hospital {kept.hospital!r} of this run. Give its "
        "id as the extract writes it."
    )


def _scope(kept: Kept) -> Section:
    rows = kept.rows("hospitals/scope")
    if rows.is_empty():
        return Section("Rows that the study reads")
    counts = rows.sort("table").select("table", "n_rows").iter_rows()
    return Section("Rows that the study reads", [(table, f"{n:,}") for table, n in counts])


def _set_aside(name: str, rows: pl.DataFrame) -> Section:
    """Rows of a table that were set aside, or that lost a value, each with its reason."""
    table = name.rpartition("/")[2]
    heading = f"Values of {table} taken away" if "/" in name else f"Rows of {table} set aside"
    said = []
    for row in rows.head(_SHOWN).to_dicts():
        reason = text(row.pop("reason"))
        cells = (f"{key} {text(row[key])}" for key in row if key not in KEYS)
        known = (cell for cell in cells if not cell.endswith(" unknown"))
        said.append((reason, ", ".join(known)))
    if rows.height > _SHOWN:
        said.append(("more", f"{rows.height - _SHOWN:,}: in quarantine/{name}.parquet"))
    return Section(heading, said)
