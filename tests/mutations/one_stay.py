"""One change in one stay of a clean hospital: whatever it says is the same, unknown, or refused.

Few rows that nobody can read block no hospital. Of the stay that they are of no yes becomes a no,
no moment another one and no number another one: it is left out, or they are unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.runs.state import Run
from ehrivig.validate.judgement import line_of
from ehrivig.validate.measurement import ALL

from . import patients, values
from .mutation import Change, Mutation
from .network import emptied
from .patients import STEP, Clean, Frames
from .trial import Seen, Stopped, seen, tables_of, up_to_matching
from .verdict import PEOPLE as ANSWERS
from .verdict import WITHOUT_CLOCK, names, new

People = dict[int, dict[str, Any]]
TOGETHER, OF_ONE = 40, 4
"""Mutated hospitals of one network, and mutated stays of one of these."""
PLAUSIBLE = {"a day later", "8 hours earlier", "at midnight", "zero", "times 1000", "negative"}
"""Changes to values that may well be true: what other rows do not contradict is believed."""
READ_OTHERWISE = {"upper case", "lower case", "title case", "full width", "blanks around"}
"""Changes of spelling, which the mutations of whole columns show to be read."""
KEYS = {
    "native": ("admission_id", "patient_id"),
    "omop": ("visit_occurrence_id", "person_id"),
    "clif": ("hospitalization_id", "patient_id"),
}
"""Layout -> the columns of its tables that name a stay, or its person."""
STRICT = {name for columns in ANSWERS.values() for name in columns}
"""Columns of which no warning is enough: who is studied, treated, how much, who died."""
LOWER_BOUNDS = {"max_daily_g", "mean_daily_g", "total_g"}
"""What `dose_complete` says of: where it is false they are lower bounds."""
OF_WHAT_IS_LEFT = {"dose_coverage", "dose_complete"}
"""What says how much of the rows is left."""
NEVER_HELD = {
    *("hospital_id", "admission_id", "patient_id", "person_id"),
    *("eligible_at", "eligible_undated"),
}
"""Names; and when a criterion was met first, of what is left."""
UNKNOWN_WORD = "a word nobody knows"
OPEN = {
    *(("procedure", "procedure_code"), ("pathogen_test", "organism_code")),
    ("clif_medication_admin_intermittent", "med_name"),
}
"""Columns in which a word that no list has is another procedure, germ or drug: it is not tried."""
PLACED = "study.rows_placed"


@dataclass(frozen=True)
class OneStay:
    """A mutation of the rows of one stay, which is named by its clean id."""

    mutation: Mutation
    stay: int

    @property
    def is_orphaned(self) -> bool:
        """Whether the rows are of nobody any more: that is all that can be said of them."""
        return self.mutation.column in KEYS[self.mutation.layout]

    @property
    def takes_the_clock(self) -> bool:
        """Whether dates are left of moments: in OMOP the date stands where its moment denies it."""
        of_omop = self.mutation.layout == "omop" and self.mutation.column.endswith("_datetime")
        return self.mutation.takes_the_clock or of_omop


@dataclass(frozen=True)
class Hospital:
    """What a run says of a hospital, of each of its stays by clean ids, and of all hospitals."""

    seen: Seen
    people: People
    of_all: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What became of the stay.

    Equal; unknown; left out; refused, with its hospital; less (numbers of what is left); said, by a
    warning; or another answer: silent.
    """

    one: OneStay
    what: str
    note: str = ""


def of_layout(clean: Clean, stays: Sequence[int], people: dict[int, int]) -> Iterator[OneStay]:
    """Each change of each column, of a stay that has a value there; stays take turns.

    `people`: the person of each stay, by its clean id.
    """
    by_stay, by_person = KEYS[clean.layout]
    turn = 0
    for table, frame in clean.own.items():
        key = next((name for name in (by_stay, by_person) if name in frame.columns), "")
        if not key:
            continue
        for column, dtype in frame.schema.items():
            there = set(frame.filter(pl.col(column).is_not_null())[key].to_list())
            kinds = values.SAME_TYPE[values.kind_of(dtype)]
            for kind, change in kinds.items():
                is_open = kind == UNKNOWN_WORD and (table, column) in OPEN
                no_key = kind == "zero" and column.endswith("_id")
                if is_open or kind in READ_OTHERWISE or (kind in PLAUSIBLE and not no_key):
                    continue
                order = [*stays[turn % len(stays) :], *stays[: turn % len(stays)]]
                of = {stay: stay if key == by_stay else people[stay] for stay in order}
                stay = next((stay for stay in order if of[stay] in there), None)
                if stay is None:
                    continue
                turn += 1
                rows = (pl.col(key) == of[stay]) & pl.col(column).is_not_null()
                changed = _in_rows(column, change, rows)
                yield OneStay(Mutation(clean.layout, table, column, kind, changed), stay)


def _in_rows(column: str, change: values.Values, rows: pl.Expr) -> Change:
    def changed(frame: pl.DataFrame) -> pl.DataFrame:
        other = change(pl.col(column)).cast(frame.schema[column], strict=False)
        return frame.with_columns(pl.when(rows).then(other).otherwise(pl.col(column)).alias(column))

    return changed


class Trials:
    """Changes of single stays of one layout, tried in a folder of their own."""

    def __init__(self, clean: Clean, folder: Path) -> None:
        self.clean, self.folder = clean, folder
        self.plain = self._attempt({0: clean.copy(0)})[clean.name(0)]
        self.seen = self.plain.people
        exposed = [stay for stay, told in self.seen.items() if told["exposed"]]
        self.stays = [*exposed, *(stay for stay in self.seen if stay not in exposed)]

    def changes(self) -> list[OneStay]:
        """Every change of the layout."""
        people = {stay: int(told["patient_id"]) for stay, told in self.seen.items()}
        return list(of_layout(self.clean, self.stays, people))

    def found(self, changes: Sequence[OneStay]) -> Iterator[Found]:
        """What became of each: `OF_ONE` of one hospital, of different stays and tables."""
        hospitals = _dealt(changes)
        for begin in range(0, len(hospitals), TOGETHER):
            yield from self._together(hospitals[begin : begin + TOGETHER])

    def _together(self, hospitals: list[list[OneStay]]) -> Iterator[Found]:
        copies = {0: self.clean.copy(0)}
        for number, changes in enumerate(hospitals, start=1):
            copies[number] = self._changed(changes, number)
        try:
            seen = self._attempt(copies)
        except Stopped as stopped:
            if len(hospitals) > 1:
                half = len(hospitals) // 2
                for part in (hospitals[:half], hospitals[half:]):
                    yield from self._together(part)
            else:
                yield from (Found(one, "refused", stopped.seen.said[0]) for one in hospitals[0])
            return
        for number, changes in enumerate(hospitals, start=1):
            hospital = seen[self.clean.name(number)]
            for one in changes:
                yield judged(one, self.plain, hospital)

    def _changed(self, changes: Sequence[OneStay], number: int) -> Frames:
        """The clean hospital with its changes, under the ids of a copy."""
        own = dict(self.clean.own)
        for one in changes:
            assert one.mutation.change
            table = one.mutation.table
            own[table] = one.mutation.change(own[table])
        return Clean(self.clean.layout, own, {}, {}).copy(number)

    def _attempt(self, copies: dict[int, Frames]) -> dict[str, Hospital]:
        extract = emptied(self.folder / "extract")
        self.clean.write(extract, copies)
        plan = patients.plan(self.clean, copies)
        moved = {self.clean.name(n): n * STEP if self._renumbered else 0 for n in copies}

        def read(run: Run) -> dict[str, Hospital]:
            tables = tables_of(run)
            warned = [c for c in run.checks if c.hospital_id == ALL and c.verdict == "warn"]
            said = tuple(line_of(check) for check in warned)
            return {
                name: Hospital(seen(run, name, tables), _people(tables, name, moved[name]), said)
                for name in moved
            }

        return up_to_matching(extract, plan, self.folder / "out", read)

    @property
    def _renumbered(self) -> bool:
        """Whether copies have ids of their own."""
        return KEYS[self.clean.layout][0] in patients.KEYS[self.clean.layout]


def _people(tables: dict[str, pl.DataFrame], hospital: str, moved: int) -> People:
    """What a hospital says of each of its stays, by clean ids."""
    told: People = {}
    for name in ("cohort", "analysis", "dosing"):
        rows = tables[name].filter(pl.col("hospital_id").cast(pl.String) == hospital)
        for row in rows.iter_rows(named=True):
            told.setdefault(int(row["admission_id"]) - moved, {}).update(row)
    return told


def _dealt(changes: Sequence[OneStay]) -> list[list[OneStay]]:
    """The changes hospital by hospital: of one no two of a stay, or of a column."""
    hospitals: list[list[OneStay]] = []
    for one in changes:
        free = (
            hospital
            for hospital in hospitals
            if len(hospital) < OF_ONE
            and all(
                one.stay != other.stay and one.mutation.table != other.mutation.table
                for other in hospital
            )
        )
        if (found := next(free, None)) is None:
            hospitals.append([one])
        else:
            found.append(one)
    return hospitals


def judged(one: OneStay, plain: Hospital, hospital: Hospital) -> Found:
    """What became of a changed stay, beside what the clean hospital says of it."""
    clean = plain.people[one.stay]
    if hospital.seen.exit_code:
        return Found(one, "refused", hospital.seen.said[0])
    told = hospital.people.get(one.stay)
    if told is None:
        return Found(one, "left out")
    strict = STRICT - OF_WHAT_IS_LEFT - (set() if told["dose_complete"] else LOWER_BOUNDS)
    if one.takes_the_clock:
        strict = {name for columns in WITHOUT_CLOCK.values() for name in columns}
    asked = [name for name in clean if name not in NEVER_HELD]
    other = {name: told[name] for name in asked if not _same(clean[name], told[name])}
    wrong = {name: value for name, value in other.items() if value not in (None, "unknown")}
    if not other:
        return Found(one, "equal")
    if not wrong:
        return Found(one, "unknown", ", ".join(other))
    said = "; ".join(f"{name} {clean[name]} -> {value}" for name, value in wrong.items())
    flags = {name for name, value in wrong.items() if isinstance(value, bool)}
    if not (strict | flags - OF_WHAT_IS_LEFT) & set(wrong):
        return Found(one, "less", said)
    of_hospital = [x for x in new(plain.seen, hospital.seen) if names(one.mutation, x)]
    spoken = of_hospital or [x for x in hospital.of_all if PLACED in x]
    if spoken and (one.is_orphaned or not strict & set(wrong)):
        return Found(one, "said", f"{said}: {spoken[0]}")
    return Found(one, "silent", f"{said}; warned: {spoken[:1]}")


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-6 * max(1.0, abs(one))
    return one == other


def line(found: Found) -> str:
    """One change in a line."""
    of = found.one.mutation
    return f"{of.layout} one stay, {of.name}: {found.what} {found.note}"


def written(found: Sequence[Found]) -> str:
    """How many changes of one stay became what, layout by layout, and those that are silent."""
    counts = Counter((one.one.mutation.layout, one.what) for one in found)
    lines = [f"{layout:8} one stay  {what:9} {n:5}" for (layout, what), n in sorted(counts.items())]
    return "\n".join([*lines, *(line(one) for one in found if one.what == "silent")])
