"""Cycles of doses, and how each compares with the planned steps of a regimen.

A cycle is doses of one drug at most CYCLE_GAP_DAYS apart. Where the plan leaves a choice (how many
cycles until control), a series is followed along every choice that still fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from ehrivig.study.regimen import CYCLE_GAP_DAYS, DOSE_TOLERANCE, GAP_TOLERANCE_DAYS, Regimen, Step

Finding = Literal[
    "as_planned",
    "late_start",
    "interval",
    "dose_low",
    "dose_high",
    "days_few",
    "days_many",
    "product",
    "extra_cycle",
    "missing_cycle",
    "unknown_dose",
    "unknown_product",
    "unknown_onset",
    "cut_off",
]
UNKNOWN: frozenset[Finding] = frozenset(
    ("unknown_dose", "unknown_product", "unknown_onset", "cut_off")
)
_SHORT: frozenset[Finding] = frozenset(("dose_low", "days_few"))
_UNKNOWN_PRODUCTS = (None, "unknown")
_State = tuple[int, int]


@dataclass(frozen=True)
class Dose:
    """One drug on one day: grams (None: not known) and product type."""

    day: date
    dose_g: float | None
    drug: str = "ivig"
    product_type: str | None = None


@dataclass(frozen=True)
class Patient:
    """What the doses are judged by. None: not known; for `observed_*`: the series is complete.

    observed_from, observed_until: first and last day on which a dose would have been seen.
    """

    weight_kg: float | None = None
    height_cm: float | None = None
    onset_on: date | None = None
    observed_from: date | None = None
    observed_until: date | None = None


@dataclass(frozen=True)
class Cycle:
    """One cycle of one drug as seen, what was planned for it, and how the two compare.

    number counts the drug's cycles from 1. amount is in the unit of the plan (g/kg, g or g/m2; a
    cycle's total, or its mean dose day for a plan per day). gap_days: start to start, since the
    drug's last cycle. A missing cycle has the day it was due in `started_on` and no doses.
    """

    drug: str
    number: int
    started_on: date
    stopped_on: date
    n_dose_days: int
    dose_g: float | None
    amount: float | None
    gap_days: int | None
    planned: str
    finding: Finding


class Follower:
    """Follows the cycles of one drug along its planned steps.

    A state is (step, times it was done). `states` are all that fit what was seen so far.
    """

    def __init__(self, regimen: Regimen, drug: str, start: date, patient: Patient) -> None:
        self.steps, self.onset_within_days = regimen.steps(drug), regimen.onset_within_days
        self.drug, self.start, self.patient = drug, start, patient
        self.states: set[_State] = {(-1, 1)}

    @property
    def ended(self) -> bool:
        """Whether a state was reached from which nothing more is planned."""
        return any(not list(self._next(state)) for state in self.states)

    def follow(self, doses: Sequence[Dose]) -> list[Cycle]:
        """The drug's cycles with their findings, and the one that is overdue at the end."""
        seen: list[Cycle] = []
        for number, group in enumerate(_cycles(doses), start=1):
            seen.append(self._compare(group, number, seen[-1].started_on if seen else None))
        return seen + self._overdue(seen)

    def _compare(self, group: list[Dose], number: int, last: date | None) -> Cycle:
        """One cycle against every step that may come next; the best fit decides the finding."""
        gap = (group[0].day - last).days if last else None
        options = sorted({after for state in self.states for after in self._next(state)})
        if not options:
            return self._cycle(group, number, gap, None, "extra_cycle")
        timed = [o for o in options if self._on_time(self.steps[o[0]], group[0].day, gap)]
        findings = [(self._dose(group, self.steps[o[0]], number), o) for o in timed or options]
        fitting = [o for finding, o in findings if finding == "as_planned"]
        unknown = [o for finding, o in findings if finding in UNKNOWN]
        kept = fitting or unknown or [o for _, o in findings]
        self.states = set(kept)
        finding = next(finding for finding, o in findings if o == kept[0])
        start = self._start(group[0].day) if number == 1 else "as_planned"
        if not timed:
            finding = "interval"
        elif finding == "as_planned" or start == "late_start":
            finding = start
        return self._cycle(group, number, gap, self.steps[kept[0][0]], finding)

    def _cycle(
        self, group: list[Dose], number: int, gap: int | None, step: Step | None, finding: Finding
    ) -> Cycle:
        days = sorted({dose.day for dose in group})
        total = _total(group)
        amount = self._amount(total, step) if step else None
        if step and step.per_day and amount is not None:
            amount = round(amount / len(days), 6)
        return Cycle(
            self.drug,
            number,
            days[0],
            days[-1],
            len(days),
            total,
            amount,
            gap,
            str(step) if step else "nothing more",
            finding,
        )

    def _next(self, state: _State) -> Iterator[_State]:
        """The states that may follow: the step again, or a later one over optional ones."""
        place, times = state
        if place >= 0:
            least, most = self.steps[place].times
            if most == 0 or times < most:
                yield place, min(times + 1, max(least, 1)) if most == 0 else times + 1
            if times < least:
                return
        for later in range(place + 1, len(self.steps)):
            yield later, 1
            if self.steps[later].times[0] > 0:
                return

    def _on_time(self, step: Step, day: date, gap: int | None) -> bool:
        if step.week is not None:
            return abs((day - self.start).days - step.week * 7) <= GAP_TOLERANCE_DAYS
        if step.gap_weeks is None or gap is None:
            return True
        return abs(gap - step.gap_weeks * 7) <= GAP_TOLERANCE_DAYS

    def _start(self, day: date) -> Finding:
        """Whether the first dose came soon enough after symptom onset."""
        if self.onset_within_days is None:
            return "as_planned"
        if self.patient.onset_on is None or day < self.patient.onset_on:
            return "unknown_onset"
        late = (day - self.patient.onset_on).days > self.onset_within_days
        return "late_start" if late else "as_planned"

    def _dose(self, group: list[Dose], step: Step, number: int) -> Finding:
        """Product, days and amount of a cycle against one step; "cut_off" where more may be unseen.

        A shortfall is none where observation began or ended within a cycle's gap of the cycle.
        """
        finding = _product(group, step)
        if finding == "as_planned":
            finding = _days(group, step)
        if finding == "as_planned":
            finding = self._amounts(group, step)
        if finding in _SHORT and self._cut_off(group, number):
            return "cut_off"
        return finding

    def _cut_off(self, group: list[Dose], number: int) -> bool:
        gap = timedelta(days=CYCLE_GAP_DAYS)
        since, until = self.patient.observed_from, self.patient.observed_until
        head = number == 1 and since is not None and group[0].day - gap < since
        return head or (until is not None and group[-1].day + gap > until)

    def _amounts(self, group: list[Dose], step: Step) -> Finding:
        parts = [group]
        if step.per_day:
            parts = [[d for d in group if d.day == day] for day in sorted({d.day for d in group})]
        found = [self._amount(_total(part), step) for part in parts]
        for amount in found:
            if amount is not None and amount < step.dose and not _close(amount, step.dose):
                return "dose_low" if None not in found else "unknown_dose"
            if amount is not None and not _close(amount, step.dose):
                return "dose_high"
        return "unknown_dose" if None in found else "as_planned"

    def _amount(self, dose_g: float | None, step: Step) -> float | None:
        """Grams in the unit of the plan, rounded to six decimals; None where not known."""
        divisor = self._divisor(step)
        return None if dose_g is None or divisor is None else round(dose_g / divisor, 6)

    def _divisor(self, step: Step) -> float | None:
        """1, kilograms, or square metres of body surface (Mosteller 1987)."""
        weight, height = self.patient.weight_kg, self.patient.height_cm
        if not step.needs_weight:
            return 1.0
        if not usable(weight):
            return None
        if step.basis != "g/m2":
            return weight
        return math.sqrt(weight * height / 3600) if weight and height and usable(height) else None

    def _overdue(self, seen: list[Cycle]) -> list[Cycle]:
        """The cycle that should have been seen and was not (at most one)."""
        if any(self._may_end(state) for state in self.states):
            return []
        steps = [self.steps[o[0]] for state in self.states for o in self._next(state)]
        due = {self._due(step, seen): step for step in steps}
        latest = max(due) + timedelta(days=GAP_TOLERANCE_DAYS)
        until = self.patient.observed_until
        if until is not None and until < latest:
            return []
        number, planned = len(seen) + 1, str(due[max(due)])
        nothing = (latest, latest, 0, None, None, None)
        return [Cycle(self.drug, number, *nothing, planned, "missing_cycle")]

    def _may_end(self, state: _State) -> bool:
        place, times = state
        done = place >= 0 and times >= self.steps[place].times[0]
        return done and all(step.times[0] == 0 for step in self.steps[place + 1 :])

    def _due(self, step: Step, seen: list[Cycle]) -> date:
        if step.week is not None or not seen:
            return self.start + timedelta(days=round((step.week or 0) * 7))
        return seen[-1].started_on + timedelta(days=round((step.gap_weeks or 0) * 7))


def _cycles(doses: Sequence[Dose]) -> list[list[Dose]]:
    """Doses of one drug in order of days, parted where days are more than CYCLE_GAP_DAYS apart."""
    if not doses:
        return []
    groups = [[doses[0]]]
    for before, dose in pairwise(doses):
        if (dose.day - before.day).days > CYCLE_GAP_DAYS:
            groups.append([])
        groups[-1].append(dose)
    return groups


def _total(group: list[Dose]) -> float | None:
    """Grams of some doses, exact to the microgram; None when one is not known."""
    micrograms = [round(dose.dose_g * 1e6) for dose in group if dose.dose_g is not None]
    return sum(micrograms) / 1e6 if len(micrograms) == len(group) else None


def _product(group: list[Dose], step: Step) -> Finding:
    if not step.products:
        return "as_planned"
    kinds = {dose.product_type for dose in group}
    if any(kind not in step.products and kind not in _UNKNOWN_PRODUCTS for kind in kinds):
        return "product"
    return "as_planned" if kinds <= set(step.products) else "unknown_product"


def _days(group: list[Dose], step: Step) -> Finding:
    """The number of dose days, and the first to the last, against one step."""
    days = {dose.day for dose in group}
    span = (max(days) - min(days)).days + 1
    least, most = step.span_days or (1, span)
    exact = step.dose_days or len(days)
    if len(days) < exact or span < least:
        return "days_few"
    return "days_many" if len(days) > exact or span > most else "as_planned"


def _close(amount: float, target: float) -> bool:
    """Within DOSE_TOLERANCE of the target, ends included; compared in whole millionths."""
    return abs(round(amount * 1e6) - round(target * 1e6)) <= round(target * DOSE_TOLERANCE * 1e6)


def usable(value: float | None) -> bool:
    """Whether a weight or height is known, finite and above zero."""
    return value is not None and math.isfinite(value) and value > 0
