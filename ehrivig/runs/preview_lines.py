"""A preview as lines for a terminal, or as records for another program; small counts hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from ehrivig.disclosure import hide_counts, shown, small
from ehrivig.runs.preview import Preview

NOBODY = "nobody"
UNKNOWN = "unknown for everybody"
_WIDTH = 62


def records(found: Preview) -> dict[str, Any]:
    """The counts of a preview; null: hidden because it is small, or would tell one that is."""
    return {
        "criteria": list(_criteria(found)),
        "exposure": _exposure(found),
        "nobody_exposed": found.nobody,
        "bands": list(_bands(found)),
        "covariates": list(_covariates(found)),
        "unreadable": found.unreadable,
        "unused_mappings": [one.message for one in found.unused_mappings],
    }


def lines(found: Preview) -> list[str]:
    """The counts of a preview, for a reader."""
    told, smallest = records(found), found.study.report.smallest_cell
    said = [f"Rows as they are read, before the data gate; counts under {smallest} are hidden."]
    said += _titled("criteria (persons left; admissions excluded)")
    for step in told["criteria"]:
        said.append(_row(step["label"], step["persons"], step["excluded"], smallest=smallest))
    said += _titled(f"exposure (exposed; unexposed): {found.study.exposure.label}")
    arms = told["exposure"]
    both = arms["exposed"], arms["unexposed"]
    said.append(_row("In the cohort", *both, smallest=smallest, remark=_one_arm(both)))
    said += [f"  {found.nobody}"] if found.nobody else []
    if told["bands"]:
        said += _titled("bands (low; high; in neither), of the exposed")
    for band in told["bands"]:
        counts = band["low"], band["high"], band["neither"]
        said.append(_row(band["label"], *counts, smallest=smallest, remark=band["remark"]))
    said += _titled("covariates (yes; no; unknown), or (known; unknown) of a number")
    for one in told["covariates"]:
        said.append(_row(one["label"], *one["counts"], smallest=smallest, remark=one["remark"]))
    said += [f"hospital {name} was left out: {why}" for name, why in found.unreadable.items()]
    said += [f"warning: {one.message}" for one in found.unused_mappings]
    return said


def _titled(title: str) -> list[str]:
    return ["", title]


def _row(label: str, *counts: int | None, smallest: int, remark: str = "") -> str:
    cells = "".join(f"{_told(count, smallest):>9}" for count in counts)
    return f"  {label[:_WIDTH]:{_WIDTH}}{cells}" + (f"   <- {remark}" if remark else "")


def _told(count: int | None, smallest: int) -> str:
    return "hidden" if count is None else shown(count, smallest)


def _criteria(found: Preview) -> Iterator[dict[str, Any]]:
    """Persons left at each step, and admissions that it excludes.

    The size of the cohort is told elsewhere. An earlier step that lost few until the next one that
    is shown would tell how few: it is hidden.
    """
    smallest = found.study.report.smallest_cell
    rows = found.attrition.filter(pl.col("hospital_id") == "all").sort("step").to_dicts()
    hidden = _hidden_steps([row["patients"] for row in rows], smallest)
    for number, row in enumerate(rows):
        untold = number in hidden or (number > 0 and number - 1 in hidden)
        yield {
            "criterion": row["criterion"],
            "label": row["label"] if number else "Admissions as they are read",
            "persons": None if number in hidden else row["patients"],
            "excluded": None if untold or small(row["excluded"], smallest) else row["excluded"],
        }


def _hidden_steps(persons: list[int], smallest: int) -> set[int]:
    """The steps whose number of persons must not be told, from the last one backwards."""
    hidden: set[int] = set()
    told: int | None = None
    for number in range(len(persons) - 1, -1, -1):
        lost = persons[number] - (told or 0)
        if small(persons[number], smallest) or (told is not None and small(lost, smallest)):
            hidden.add(number)
        else:
            told = persons[number]
    return hidden


def _exposure(found: Preview) -> dict[str, int | None]:
    exposed = int(found.people["exposed"].fill_null(False).sum())
    counts = [exposed, found.people.height - exposed]
    names = ("exposed", "unexposed")
    return dict(zip(names, hide_counts(counts, found.study.report.smallest_cell), strict=True))


def _one_arm(arms: tuple[int | None, int | None]) -> str:
    """What a cohort is whose exposed, or whose unexposed, are none."""
    exposed, unexposed = arms
    return NOBODY if exposed == 0 else "everybody" if unexposed == 0 else ""


def _bands(found: Preview) -> Iterator[dict[str, Any]]:
    exposed = found.people.filter(pl.col("exposed").fill_null(False))
    for band in found.study.exposure.bands:
        side = exposed[f"band_{band.name}"]
        sides = [int((side == name).sum()) for name in ("low", "high")]
        counts = hide_counts([*sides, side.null_count()], found.study.report.smallest_cell)
        yield {
            "band": band.name,
            "label": f"{band.low_label} | {band.high_label}",
            **dict(zip(("low", "high", "neither"), counts, strict=True)),
            "remark": "a group without anybody" if 0 in sides and any(sides) else "",
        }


def _covariates(found: Preview) -> Iterator[dict[str, Any]]:
    smallest = found.study.report.smallest_cell
    for variable in found.study.covariates.variables:
        column = found.people[variable.name]
        unknown = column.null_count()
        if variable.binary:
            yes = int(column.fill_null(False).sum())
            counts = [yes, column.len() - unknown - yes, unknown]
        else:
            counts = [column.len() - unknown, unknown]
        yield {
            "covariate": variable.name,
            "label": variable.label,
            "counts": hide_counts(counts, smallest),
            "remark": _remark(counts, column.len()),
        }


def _remark(counts: list[int], n: int) -> str:
    """What a covariate that tells nobody apart is."""
    if n and counts[-1] == n:
        return UNKNOWN
    return NOBODY if n and len(counts) == 3 and not counts[0] else ""
