"""What each line of a user's own code lists finds in an extract, and what it may have missed.

Counts of rows and of people, of all hospitals together and before the data gate; a line or name
that fewer than five people have is shown without its counts, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ehrivig import extract
from ehrivig.codes import CodeLists
from ehrivig.codes.drugs import DrugList, Rule, product, verdict
from ehrivig.codes.kinds import DRUGS, KINDS, Row
from ehrivig.codes.lists import OwnFile
from ehrivig.codes.spelling import plain_code, plain_vocabulary
from ehrivig.database import Database
from ehrivig.extract import layouts, resolved, stages
from ehrivig.extract.files import Source
from ehrivig.extract.layout_check import table_report
from ehrivig.extract.layouts import Layout
from ehrivig.extract.lists import named as list_named
from ehrivig.extract.lists import near as list_near
from ehrivig.extract.lists.counts import NOTHING, TABLES, Counted, LineCount, ListReport, Remark
from ehrivig.extract.source_view import EVERY
from ehrivig.study import Study


def check(lists: CodeLists, folder: Path, study: Study) -> list[ListReport]:
    """One report per own file that lists what rows of an extract have.

    `study`: layout and how the extract is read. Raises ExtractError when it cannot be.
    """
    layout = layouts.load(study.extract.layout)
    with TemporaryDirectory(prefix="ehrivig-") as copies:
        source = extract.find(folder, layout, Path(copies))
        return _reports(source, layout, lists, study.with_lists(lists))


def _reports(source: Source, layout: Layout, lists: CodeLists, plan: Study) -> list[ListReport]:
    """The reports of what a source holds."""
    with Database(within=source.within) as db:
        stages.begin(db, source, layout, EVERY, plan)
        for table in stages.in_order():
            table_report(db, layout, table, plan)
        counted = Counted(db, resolved.descendants(db))
        return [
            list_named.report(lists, file, counted)
            if file.kind in list_named.KINDS
            else _report(lists, file, counted)
            for file in lists.own
            if file.kind in (*CODED, *list_named.KINDS)
        ]


CODED = (DRUGS, "conditions", "labs", "indications")
"""Kinds whose lines are compared with the codes of rows; others name what a layout has read."""


Matched = Callable[[Row], list[int]]
"""The numbers of the codes that a line of a list matches."""


def _report(lists: CodeLists, file: OwnFile, counted: Counted) -> ListReport:
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
    kind: str, rows: list[Row], distinct: pl.DataFrame, counted: Counted
) -> list[list[int]]:
    """For each line, the numbers of the codes that it matches."""
    if kind == DRUGS:
        return _of_drugs(rows, distinct, counted)
    code = TABLES[kind][1][1]
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


def _of_drugs(rows: list[Row], distinct: pl.DataFrame, counted: Counted) -> list[list[int]]:
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


def _matches(row: Row, vocabulary: str | None, code: str | None, counted: Counted) -> bool:
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


def _ambiguous(lists: CodeLists, file: OwnFile, counted: Counted) -> Iterator[Remark]:
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
    yield from counted.remarks(DRUGS, said)


def _called(parts: list[str | None]) -> str:
    """A product in a few words: its name, else its code; its route."""
    vocabulary, code, name, route = parts
    return f"{name or f'{vocabulary} {code}'!r} ({route or 'no route'})"


def _near(lists: CodeLists, file: OwnFile, counted: Counted) -> Iterator[Remark]:
    """The commonest names near a list that neither its lines nor the shipped ones match."""
    about = list_near.about(lists, file)
    said: dict[int, str] = {}
    whole = _matched(file.kind, _whole(lists, file), counted.distinct(file.kind), counted)
    found = {number for numbers in whole for number in numbers}
    for number, *parts in counted.distinct(file.kind).iter_rows():
        if number not in found and about.is_near(parts, file.kind):
            words = _called(parts) if file.kind == DRUGS else " ".join(str(p) for p in parts if p)
            said[number] = words
    yield from counted.remarks(file.kind, said)
