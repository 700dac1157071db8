"""The tables of use in the study report: utilisation, indications, regimens."""

from __future__ import annotations

import polars as pl

from ehrivig.report.table import RunTables, Table
from ehrivig.study import Study

_HIDDEN = "not shown"
_DIMENSIONS = {
    "all": "All",
    "indication": "By indication",
    "indication_class": "By class of indication",
    "hospital_id": "By hospital",
    "month": "By month of the first day",
    "product_type": "By product",
}


def readable(run: RunTables, study: Study) -> dict[str, Table]:
    """The tables of use that the run has, by name; none when the study asked for none."""
    makers = {"utilisation": _utilisation, "indications": _indications, "regimens": _regimens}
    found = {name: (run.read(f"{name}.csv"), make) for name, make in makers.items()}
    return {name: make(t, study) for name, (t, make) in found.items() if not t.is_empty()}


def _utilisation(table: pl.DataFrame, study: Study) -> Table:
    head = ["", "Courses", "Patients", "Grams", "g/kg per course", "Doses without amount", "Cost"]
    rows: list[list[str]] = []
    for row in table.iter_rows(named=True):
        heading = _DIMENSIONS[row["dimension"]]
        if row["dimension"] != "all" and [heading] not in rows:
            rows.append([heading])
        proportion = row["share_without_amount"]
        numbers = [
            _count(row["courses"]),
            _count(row["patients"]),
            f"{row['grams'] or 0:,.1f}",
            "" if row["grams_per_kg"] is None else f"{row['grams_per_kg']:.2f}",
            "" if proportion is None else f"{proportion:.1%}",
            "" if row["cost"] is None else f"{row['cost']:,.0f}",
        ]
        rows.append([row["level"], *([_HIDDEN] * 6 if row["suppressed"] else numbers)])
    note = (
        "Every admission that passed the gate, not only the cohort. Grams of known amounts; g/kg "
        "of courses with all amounts and a weight. "
        f"Rows of fewer than {study.report.smallest_cell} patients, and what would give them away, "
        "are not shown."
    )
    return Table(f"Use of {study.exposure.label}", head, rows, note)


def _indications(table: pl.DataFrame, study: Study) -> Table:
    rows = [
        [
            row["indication_label"],
            row["indication_class"].replace("_", " "),
            *([_HIDDEN] * 2 if row["suppressed"] else [_count(row[n]) for n in _COUNTS]),
        ]
        for row in table.iter_rows(named=True)
    ]
    note = f"A code near a course is no proof of a reason. Rule: {table['indication_rule'][0]}."
    head = ["Most likely indication", "Class (CEDIT)", "Courses", "Patients"]
    return Table(f"Indications of {study.exposure.label}", head, rows, note)


_COUNTS = ("courses", "patients")


def _count(value: float | None) -> str:
    """A count; of one that is not shown, that it is not."""
    return _HIDDEN if value is None else f"{int(value):,}"


def _regimens(table: pl.DataFrame, study: Study) -> Table:
    rows: list[list[str]] = []
    for row in table.iter_rows(named=True):
        if [row["regimen"]] not in rows:
            rows.append([row["regimen"]])
        shown = _HIDDEN if row["suppressed"] else f"{row['persons']:,}"
        words = [str(row[name] or "").replace("_", " ") for name in ("verdict", "reason")]
        rows.append([*words, shown])
    note = "Each person's doses in all hospitals. Per cycle: regimen_cycles.csv."
    return Table(
        "Adherence to regimens", ["Verdict", "First deviation, or why none", "Persons"], rows, note
    )
