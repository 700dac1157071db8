"""Every administration of the exposure to one admission: how it became grams, or why it did not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from ehrivig.codes.dose_units import is_rate
from ehrivig.features import dosing
from ehrivig.features.courses import in_window
from ehrivig.features.dose import LONGEST_INFUSION_DAYS, NG_PER_G, amount_ng, gives_mass
from ehrivig.results.why.section import Section, text
from ehrivig.results.why.source import Source

_READ = """
SELECT m.*, c.verdict AS list_verdict
FROM resolved.medication AS m
INNER JOIN ref.drug_class AS c ON m.drug = c.drug AND c.codelist = $codelist
WHERE m.admission_id::VARCHAR = $admission
ORDER BY m.started_at, m.medication_id
"""


def doses(source: Source) -> list[Section]:
    """A line for each row of the drug: what was written, and its grams or why it has none."""
    asked = {"codelist": source.study.exposure.codelist, "admission": source.admission}
    rows = source.db.frame(_READ, asked).to_dicts()
    if not rows:
        return [Section("Administrations", [("medication", "no row of the drug in the extract")])]
    counted = _amounts(source) if source.candidate else {}
    kept, count = (
        {_key(row) for row in source.db.frame(f"FROM {table}").to_dicts()}
        for table in ("medication", "GIVEN('medication')")
    )
    said = []
    for row in rows:
        name = text(row["medication_id"]) if row["medication_id"] is not None else "medication"
        why = _became(source, row, counted, kept, count)
        when = source.moment(row["started_at"])
        said.append((name, f"{text(when)}: {_written(row)}: {why}"))
    return [Section("Administrations", said)]


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    """Which administration it is, also where the source gives none an id."""
    names = ("medication_id", "started_at", "stopped_at", "dose")
    return tuple(row[name] for name in names)


def _amounts(source: Source) -> dict[Any, dict[str, Any]]:
    """Administration -> grams (null without an amount), and whether it starts in the window."""
    path = dosing.administrations(source.db, source.study, source.folder)
    given = pl.read_parquet(path)
    spellings = given["dose_unit"].unique().to_list()
    found = given.with_columns(
        (amount_ng(spellings) / NG_PER_G).alias("grams"),
        in_window(source.study.exposure).alias("inside"),
    )
    return {_key(row): row for row in found.to_dicts()}


def _written(row: dict[str, Any]) -> str:
    """An administration as the extract has it."""
    product = row["drug_name"] or row["drug_code"]
    status = f"status {text(row['status'])}, route {text(row['route'])}"
    return f"{product}, {text(row['dose'])} {row['dose_unit'] or '(no unit)'}, {status}"


def _became(
    source: Source,
    row: dict[str, Any],
    counted: dict[Any, dict[str, Any]],
    kept: set[Any],
    count: set[Any],
) -> str:
    """What became of one row: grams, or the first reason why it has none."""
    name = _key(row)
    if row["list_verdict"] != "include":
        return f"does not count: the code list says {row['list_verdict']}"
    if name not in kept:
        return "does not count: set aside by the data gate"
    if name not in count:
        return "does not count: it is no administration that was given"
    if not source.candidate:
        return "given; the stay is no candidate, so that nobody asked for its grams"
    found = counted.get(name)
    if found is None:
        routes = ", ".join(source.study.exposure.routes)
        return f"does not count: given by another route than {routes}"
    if not found["inside"]:
        return "does not count: it began outside the window of the exposure"
    if found["grams"] is None:
        return f"counts, without grams: {_missing(found)}"
    assumed = source.study.exposure.open_rate_hours if row["end_assumed"] else None
    return f"{text(found['grams'], 'g')}{_by(found, assumed)}"


def _by(row: dict[str, Any], assumed: float | None) -> str:
    """By what a dose that is no mass became one; `assumed`: a rate that the study ends, hours."""
    said = [
        f"{words} {text(row[name])}"
        for name, words in (
            ("concentration_g_per_l", "g/L"),
            ("strength_g", "g per vial"),
            ("billing_unit_g", "g per billing unit"),
        )
        if row[name] is not None
    ]
    if "/kg" in (row["dose_unit"] or ""):
        said.append(f"weight {text(row['weight_kg'], 'kg')}")
    if assumed is not None:
        said.append(f"no end is charted, at most {assumed:g} h assumed")
    return f" (known: {', '.join(said)})" if said else ""


_NO_CONTENT = "no g/L is known that the product can have"
_NO_END = (
    "it is a rate, and its end is not believed (not after its start, or more than "
    f"{LONGEST_INFUSION_DAYS} days after it)"
)


def _missing(row: dict[str, Any]) -> str:
    """Why an administration has no grams."""
    if row["dose"] is None:
        return "no dose is written"
    if row["dose_unit"] is None:
        return "no unit is written"
    unit = str(row["dose_unit"])
    needs = (
        (("/kg" in unit) and row["weight_kg"] is None, "no weight is known"),
        (unit.lower().startswith("ml") and row["concentration_g_per_l"] is None, _NO_CONTENT),
        (unit == "vial" and row["strength_g"] is None, "no g per vial is known"),
        (is_rate(unit) and row["stopped_at"] is None, "it is a rate, and no end of it is known"),
        (is_rate(unit) and not _ran(row), _NO_END),
        (gives_mass(unit), "nobody believes such an amount"),
    )
    return next((words for is_so, words in needs if is_so), f"the unit {unit} gives no mass of it")


def _ran(row: dict[str, Any]) -> bool:
    """Whether an administration ran for as long as an infusion can."""
    if row["stopped_at"] is None:
        return False
    length: timedelta = row["stopped_at"] - row["started_at"]
    return timedelta(0) < length <= timedelta(days=LONGEST_INFUSION_DAYS)
