"""The rows behind each criterion of one admission: what value at what moment met it, or did not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ehrivig.concepts import severity
from ehrivig.errors import many
from ehrivig.results.why.section import Section, text
from ehrivig.results.why.source import EVENTS, Source
from ehrivig.study import Criterion, Evidence
from ehrivig.study.registries.concepts import of_severity

_SHOWN = 12
"""Rows of one table that are shown for one criterion."""
_HIDDEN = {"hospital_id", "admission_id", "patient_id", "person_id", "drug"}


def evidence(source: Source) -> list[Section]:
    """A section for each criterion that was asked of the admission."""
    asked = [one for one in source.study.cohort.criteria if one.name in source.criterion]
    found = [Section(f"Evidence: {one.label}", list(_of(source, one))) for one in asked]
    return [one for one in found if one.lines]


def line(row: dict[str, Any]) -> str:
    """What is known in a row of an event table, but for its keys."""
    cells = (f"{name} {text(row[name])}" for name in row if name not in _HIDDEN)
    return ", ".join(cell for cell in cells if not cell.endswith(" unknown"))


def shown(table: str, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Rows of a table, of many the first."""
    said = [(table, line(row)) for row in rows[:_SHOWN]]
    return [*said, *([(table, f"{len(rows) - _SHOWN} more")] if len(rows) > _SHOWN else [])]


def _of(source: Source, criterion: Criterion) -> Iterator[tuple[str, str]]:
    stay = source.stay
    if criterion.rule == "age":
        yield "admission", f"age_years {text(stay['age_years'], 'y')}"
    elif criterion.rule in ("period", "length_of_stay"):
        moments = source.rows("SELECT admitted_at, discharged_at FROM main.admission")
        yield from shown("admission", moments)
    elif criterion.rule == "any_of":
        for one in criterion.any_of:
            yield from _any_of(source, one)
    elif criterion.rule == "severity":
        yield from of_concept(source, of_severity(source.study.cohort.severity))
    elif criterion.rule in ("treated_before", "untreated_before"):
        codelist = criterion.codelist or source.study.exposure.codelist
        yield from shown("medication", given(source, codelist))


def _any_of(source: Source, one: Evidence) -> Iterator[tuple[str, str]]:
    if one.pathogen:
        rows = source.rows(
            "SELECT * FROM pathogen_test WHERE organism_code = $organism "
            "AND ($method IS NULL OR method = $method) ORDER BY collected_at",
            {"organism": one.pathogen, "method": one.method},
        )
        yield from shown("pathogen_test", rows) or [("pathogen_test", f"none of {one.pathogen}")]
    elif one.condition:
        rows = coded(source, one.condition)
        yield from shown("diagnosis", rows) or [("diagnosis", f"no code of {one.condition}")]
    elif one.concept:
        yield from of_concept(source, one.concept)


def coded(source: Source, condition: str) -> list[dict[str, Any]]:
    """The coded diagnoses of a condition."""
    return source.rows(
        "SELECT d.* FROM diagnosis AS d SEMI JOIN (SELECT * FROM ref.condition WHERE condition = "
        "$condition) AS r ON d.vocabulary = r.vocabulary AND d.code = r.code ORDER BY diagnosed_at",
        {"condition": condition},
    )


def given(source: Source, codelist: str) -> list[dict[str, Any]]:
    """The administrations of a code list that count as given."""
    return source.rows(
        "SELECT m.* FROM GIVEN('medication') AS m INNER JOIN ref.included AS i ON m.drug = i.drug "
        "WHERE i.codelist = $codelist ORDER BY m.started_at",
        {"codelist": codelist},
    )


def of_concept(source: Source, name: str) -> Iterator[tuple[str, str]]:
    """The rows at the moment that a clinical definition was first met; else what it looked at."""
    made = source.db.rows(f"SELECT first_at FROM ({severity_query(name)}) WHERE met")
    first = made[0][0] if made else None
    labs, vitals = _reads(name)
    if first is None:
        yield name, "not met, or of a moment that nobody dated; what it looked at:"
        yield from _ranges(source, "lab", "analyte", labs)
        yield from _ranges(source, "vital", "vital_code", vitals)
        return
    for table, when in EVENTS.items():
        rows = source.rows(
            f"SELECT * FROM {table} WHERE {when} = $first" + _under_way(table), {"first": first}
        )
        key = {"lab": "analyte", "vital": "vital_code"}.get(table)
        wanted = labs if table == "lab" else vitals
        yield from shown(table, [row for row in rows if key is None or row[key] in wanted])


def _under_way(table: str) -> str:
    """Of what lasts also the rows in use at that moment."""
    lasting = ("respiratory_support", "icu_stay", "procedure")
    return " OR (started_at < $first AND stopped_at > $first)" if table in lasting else ""


def severity_query(name: str) -> str:
    """The query of a clinical definition, whose tables stand since its criterion was judged."""
    from ehrivig.concepts import concept

    return concept(name).text


def _reads(name: str) -> tuple[set[str], set[str]]:
    """The laboratory values and vital signs that a definition looks at, with what it builds on."""
    labs, vitals = set(severity.ANALYTES.get(name, ())), set(severity.VITALS.get(name, ()))
    for below in severity.BUILDS_ON.get(name, ()):
        more = _reads(below)
        labs, vitals = labs | more[0], vitals | more[1]
    return labs, vitals


def _ranges(source: Source, table: str, key: str, names: set[str]) -> Iterator[tuple[str, str]]:
    """How often each value was measured in the stay, and its lowest and highest."""
    rows = source.db.rows(
        f"SELECT {key}, count(*), min(value_std), max(value_std) FROM {table} "
        f"WHERE {key} IN (SELECT unnest($names)) GROUP BY ALL ORDER BY ALL",
        {"names": sorted(names)},
    )
    measured = {name: (n, low, high) for name, n, low, high in rows}
    for name in sorted(names):
        if name in measured:
            n, low, high = measured[name]
            yield table, f"{name}: {many(n, 'time')}, {text(low)} to {text(high)}"
        else:
            yield table, f"{name}: never"
