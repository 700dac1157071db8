"""What each line of a user's own code lists finds in an extract, and what it may have missed.

Counts of rows and of people, of all hospitals together and before the data gate; a line or name
that fewer than five people have is shown without its counts, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ehrivig import extract
from ehrivig.codes import CodeLists, Descendants
from ehrivig.codes.drugs import DrugList, Rule, ancestors, product, verdict
from ehrivig.codes.kinds import DRUGS, KINDS, Row
from ehrivig.codes.lists import OwnFile
from ehrivig.codes.spelling import plain_code, plain_vocabulary
from ehrivig.database import Database
from ehrivig.extract import layouts, list_near, resolved, stages
from ehrivig.extract.layout_check import table_report
from ehrivig.extract.source_view import EVERY
from ehrivig.study import Study

SMALLEST = 5
COMMONEST = 10
_TABLES = {
    DRUGS: ("medication", ("vocabulary", "drug_code", "drug_name", "route")),
    "conditions": ("diagnosis", ("vocabulary", "code")),
    "labs": ("lab", ("vocabulary", "lab_code", "unit")),
}


@dataclass(frozen=True)
class Count:
    """How many rows and people have something; null: fewer than five people, but some."""

    rows: int | None
    people: int | None


NOTHING = Count(0, 0)


@dataclass(frozen=True)
class LineCount:
    """One line of a list: its number, its text, what it finds."""

    number: int
    text: str
    count: Count


@dataclass(frozen=True)
class Remark:
    """Something in the extract, in words, with how often it is there."""

    text: str
    count: Count


@dataclass(frozen=True)
class ListReport:
    """One file: its lines, what its lines disagree about, and common names near it, not found."""

    path: str
    overrides: int
    lines: tuple[LineCount, ...]
    ambiguous: tuple[Remark, ...]
    near: tuple[Remark, ...]


def check(lists: CodeLists, folder: Path, study: Study) -> list[ListReport]:
    """One report per own file that lists codes of drugs, conditions or analytes.

    `study`: layout and how the extract is read. Raises ExtractError when it cannot be.
    """
    layout = layouts.load(study.extract.layout)
    source = extract.find(folder, layout)
    plan = study.with_lists(lists)
    with Database(within=source.within) as db:
        stages.begin(db, source, layout, EVERY, plan)
        for table in stages.in_order():
            table_report(db, layout, table, plan)
        counted = _Counted(db, resolved.descendants(db))
        return [_report(lists, file, counted) for file in lists.own if file.kind in _TABLES]


class _Counted:
    """The distinct codes of each table, with the people that have each."""

    def __init__(self, db: Database, below: Descendants) -> None:
        self.db = db
        self.above = ancestors(below)
        self._distinct: dict[str, pl.DataFrame] = {}

    def distinct(self, kind: str) -> pl.DataFrame:
        """The distinct codes of a kind's table, numbered; their rows by number are `coded`."""
        table, columns = _TABLES[kind]
        if kind not in self._distinct:
            listed = ", ".join(columns)
            self.db.table(
                f"distinct_{table}",
                f"SELECT row_number() OVER (ORDER BY {listed}) AS number, {listed} "
                f"FROM (SELECT DISTINCT {listed} FROM mapped.{table})",
            )
            same = " AND ".join(f"m.{name} IS NOT DISTINCT FROM d.{name}" for name in columns)
            self.db.table(
                f"coded_{table}",
                "SELECT d.number, a.hospital_id, a.patient_id, count(*) AS n_rows "
                f"FROM mapped.{table} AS m INNER JOIN distinct_{table} AS d ON {same} "
                "INNER JOIN (SELECT DISTINCT hospital_id, admission_id, patient_id "
                "FROM mapped.admission) AS a "
                "ON m.hospital_id = a.hospital_id AND m.admission_id = a.admission_id "
                "GROUP BY ALL",
            )
            self._distinct[kind] = self.db.frame(f"SELECT * FROM distinct_{table} ORDER BY number")
        return self._distinct[kind]

    def counts(self, kind: str, groups: dict[int, list[int]]) -> dict[int, Count]:
        """Group -> rows and people of the codes in it."""
        pairs = [(group, number) for group, numbers in groups.items() for number in numbers]
        schema = {"grouped": pl.Int64, "number": pl.Int64}
        self.db.load("code_group", pl.DataFrame(pairs, schema=schema, orient="row"))
        rows = self.db.rows(
            "SELECT grouped, sum(n_rows)::BIGINT, count(DISTINCT (hospital_id, patient_id)) "
            f"FROM coded_{_TABLES[kind][0]} INNER JOIN code_group USING (number) GROUP BY 1"
        )
        return {int(group): _shown(int(n), int(people)) for group, n, people in rows}


def _shown(rows: int, people: int) -> Count:
    return Count(rows, people) if people >= SMALLEST else Count(None, None)


Matched = Callable[[Row], list[int]]
"""The numbers of the codes that a line of a list matches."""


def _report(lists: CodeLists, file: OwnFile, counted: _Counted) -> ListReport:
    distinct = counted.distinct(file.kind)
    matched = _matched(file.kind, [line.row for line in file.lines], distinct, counted)
    counts = counted.counts(file.kind, dict(enumerate(matched)))
    lines = tuple(
        LineCount(line.number, _text(file, line.row), counts.get(n, NOTHING))
        for n, line in enumerate(file.lines)
    )
    return ListReport(
        file.path,
        lists.overridden(file),
        lines,
        tuple(_ambiguous(lists, file, counted)),
        tuple(_near(lists, file, counted)),
    )


def _text(file: OwnFile, row: Row) -> str:
    """A line in a few words: what it is about, and its code."""
    about = row["verdict"] if file.kind == DRUGS else row[KINDS[file.kind].subject]
    words = [about, row["vocabulary"], row.get("match", ""), row.get("value") or row.get("code")]
    route = f"({row['route']})" if row.get("route") else ""
    return " ".join(word for word in (*words, route) if word)


def _whole(lists: CodeLists, file: OwnFile) -> list[Row]:
    """All lines about what a file lists: its own, and the shipped ones that it leaves."""
    if file.kind == DRUGS:
        return list(lists.drug_rows(file.name))
    subject = KINDS[file.kind].subject
    about = {line.row[subject] for line in file.lines}
    return [row for row in lists.rows(file.kind) if row[subject] in about]


def _matched(
    kind: str, rows: list[Row], distinct: pl.DataFrame, counted: _Counted
) -> list[list[int]]:
    """For each line, the numbers of the codes that it matches."""
    if kind == DRUGS:
        return _of_drugs(rows, distinct, counted)
    code = _TABLES[kind][1][1]
    return [
        [
            number
            for number, vocabulary, text in distinct.select(
                "number", "vocabulary", code
            ).iter_rows()
            if _matches(row, vocabulary, text, counted)
        ]
        for row in rows
    ]


def _of_drugs(rows: list[Row], distinct: pl.DataFrame, counted: _Counted) -> list[list[int]]:
    """For each line of a drug list, the numbers of the products that it matches."""
    rules = [Rule.read({**row, "verdict": _as_verdict(row)}, "list") for row in rows]
    matched: list[list[int]] = [[] for _ in rules]
    place: dict[int, int] = {id(rule): n for n, rule in enumerate(rules)}
    compiled = DrugList("list", rules)
    for number, *parts in distinct.iter_rows():
        for rule in compiled.applying(product(*parts), counted.above):
            matched[place[id(rule)]].append(number)
    return matched


def _as_verdict(row: Row) -> str:
    """A hint is looked for as if it included, to count what it finds."""
    return "include" if row["verdict"] == "watch" else row["verdict"]


def _matches(row: Row, vocabulary: str | None, code: str | None, counted: _Counted) -> bool:
    """Whether a line about a condition or analyte matches a code."""
    theirs = plain_vocabulary(vocabulary)
    ours = plain_vocabulary(row["vocabulary"])
    also = {"ICD10": ("ICD10", "ICD10CM"), "ICD10WHO": ("ICD10",)}
    if theirs not in also.get(ours, (ours,)):
        return False
    text, wanted = plain_code(theirs, code), plain_code(theirs, row["code"])
    if row.get("match") == "prefix":
        return text.startswith(wanted)
    above = counted.above.get((theirs, text), ()) if row.get("match") != "single" else ()
    return text == wanted or wanted in above


def _ambiguous(lists: CodeLists, file: OwnFile, counted: _Counted) -> Iterator[Remark]:
    """Products about which the lines of a whole drug list disagree, or are in doubt."""
    if file.kind != DRUGS:
        return
    rows = [row for row in lists.drug_rows(file.name) if row["verdict"] != "watch"]
    compiled = DrugList(file.name, [Rule.read(row, file.name) for row in rows])
    said: dict[int, str] = {}
    for number, *parts in counted.distinct(DRUGS).iter_rows():
        rules = compiled.applying(product(*parts), counted.above)
        answer = verdict(rules)
        words = sorted({rule.verdict for rule in rules})
        if len(words) > 1 or answer == "quarantine":
            said[number] = f"{_called(parts)}: {' and '.join(words)} -> {answer}"
    yield from _remarks(said, DRUGS, counted)


def _called(parts: list[str | None]) -> str:
    """A product in a few words: its name, else its code; its route."""
    vocabulary, code, name, route = parts
    return f"{name or f'{vocabulary} {code}'!r} ({route or 'no route'})"


def _near(lists: CodeLists, file: OwnFile, counted: _Counted) -> Iterator[Remark]:
    """The commonest names near a list that neither its lines nor the shipped ones match."""
    about = list_near.about(lists, file)
    said: dict[int, str] = {}
    whole = _matched(file.kind, _whole(lists, file), counted.distinct(file.kind), counted)
    found = {number for numbers in whole for number in numbers}
    for number, *parts in counted.distinct(file.kind).iter_rows():
        if number not in found and about.is_near(parts, file.kind):
            words = _called(parts) if file.kind == DRUGS else " ".join(str(p) for p in parts if p)
            said[number] = words
    yield from _remarks(said, file.kind, counted)


def _remarks(said: dict[int, str], kind: str, counted: _Counted) -> list[Remark]:
    """The commonest of some codes, those of fewer than five people left out."""
    texts = list(dict.fromkeys(said.values()))
    groups: dict[int, list[int]] = {n: [] for n in range(len(texts))}
    for number, text in said.items():
        groups[texts.index(text)].append(number)
    counts = counted.counts(kind, groups)
    shown = [Remark(texts[n], count) for n, count in counts.items() if count.people is not None]
    shown.sort(key=lambda one: (-(one.count.people or 0), one.text))
    return shown[:COMMONEST]
