"""What is known of people after their stay, and which answer a death outcome can have by it.

A missing date of death means alive only where deaths at any place are on record. Where they are
not, "dead within 28 days" is unknown of everybody who left alive, and who is left when these are
left out are the dead: the outcome is then asked of the stay, with leaving alive as competing event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

import polars as pl

from ehrivig.errors import many
from ehrivig.study import Outcome, Study

IN_HOSPITAL = " in hospital"
"""Ends the name of a column with the stay's answer to a death anywhere; no outcome is so named."""
LEFT_ALIVE = ("alive", "transferred", "against_advice")
FEWEST_AFTER = 5
"""Deaths dated after discharge that prove a register; fewer may be of who came back to die."""
LEAST_DATED = 0.9
"""Share of deaths in the stay that have a date, where a register gives the dates."""
_NAMED = 5
CHANCE = 0.01
"""A hospital whose deaths after discharge are none, where others' share makes that so unlikely."""


@dataclass(frozen=True)
class Seen:
    """Persons of one hospital: who left alive, who died in the stay, and which deaths are dated.

    `people`: all of them; `dated`: with a date of death; `unknown_end`: of whom nobody knows how
    any stay ended.
    """

    hospital_id: str
    left_alive: int
    died: int
    died_dated: int
    died_after: int
    people: int = 0
    dated: int = 0
    unknown_end: int = 0


@dataclass(frozen=True)
class Known:
    """Whether deaths after the stay are on record, by declaration and by the data.

    `declared`: what [outcomes] says; `seen`: the hospitals of the study; `doubts`: hospital -> why
    its dates of death are no register's.
    """

    declared: str | None
    seen: tuple[Seen, ...]
    doubts: dict[str, str] = field(default_factory=dict)

    @property
    def died_after(self) -> int:
        """Persons who died after they had left alive, by the dates of hospitals without a doubt."""
        return sum(one.died_after for one in self.seen if one.hospital_id not in self.doubts)

    @property
    def proven(self) -> bool:
        """Whether the dates alone show a register: enough people died after they had left."""
        return self.died_after >= FEWEST_AFTER and not self.doubts

    def declares(self, outcome: Outcome) -> str | None:
        """What the study file says of deaths after the stay."""
        return outcome.after_discharge or self.declared

    @property
    def evidence(self) -> str:
        """The deaths after discharge that are on record, as a share of who left alive.

        Not how many left alive: everybody less these, less the deaths of the cohort, are those who
        died in the hospital outside it.
        """
        left = sum(one.left_alive for one in self.seen)
        if self.died_after < FEWEST_AFTER:
            return f"fewer than {FEWEST_AFTER} deaths after discharge are on record"
        share = 100 * self.died_after / left
        return f"{share:.1f}% of those who left alive have a later date of death"

    def linked(self, outcome: Outcome) -> bool:
        """Whether a missing date of death means alive, for an outcome from `death`."""
        declared = self.declares(outcome)
        if declared in {"in_hospital", "unknown"} or self.doubts:
            return False
        return declared == "linked" or self.proven

    def why_not(self, outcome: Outcome) -> str:
        """Why deaths after the stay do not count as known, in one sentence."""
        declared = self.declares(outcome)
        if declared == "in_hospital":
            return "the study file declares that deaths are known within the stay alone"
        if declared == "unknown":
            return "the study file declares that deaths after discharge are unknown"
        if self.doubts:
            said = "; ".join(_of_hospitals(self.doubts))
            return f"the study file declares them linked, but {said}" if declared else said
        return (
            f"fewer than {FEWEST_AFTER} of those who left alive have a date of death after "
            "discharge, so that no register shows in the data"
        )


def _of_hospitals(doubts: dict[str, str]) -> list[str]:
    """Each reason once, with its hospitals; the first of many by name."""
    found = []
    for why in sorted(set(doubts.values())):
        names = sorted(name for name, one in doubts.items() if one == why)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        found.append(f"hospital {', '.join(names[:_NAMED])}{more}: {why}")
    return found


def known(screened: pl.LazyFrame, hospitals: Iterable[str], study: Study) -> Known:
    """What is known after the stay, by the admissions that the gate let through.

    `screened`: a row per admission with its patient's death_at; `hospitals`: those of the cohort.
    """
    among = pl.col("hospital_id").is_in(sorted(set(hospitals)))
    seen = tuple(Seen(*row) for row in _counts(screened.filter(among)).iter_rows())
    return Known(study.outcomes.after_discharge, seen, _doubts(seen))


def _counts(admissions: pl.LazyFrame) -> pl.DataFrame:
    """The columns of `Seen`, a row per hospital."""
    person = pl.coalesce(
        pl.col("person_id").cast(pl.String),
        pl.concat_str("hospital_id", pl.col("patient_id").cast(pl.String), separator="/"),
    )
    every = admissions.with_columns(person.alias("person"))
    left = pl.col("discharge_status").is_in(LEFT_ALIVE)
    died = pl.col("discharge_status") == "died"
    dated = pl.col("death_at").is_not_null()
    told = pl.col("discharge_status").is_in([*LEFT_ALIVE, "died"])
    counted = every.group_by("hospital_id").agg(
        _persons(left).alias("left_alive"),
        _persons(died).alias("died"),
        _persons(died & dated).alias("died_dated"),
        pl.col("person").n_unique().alias("people"),
        _persons(dated).alias("dated"),
        (pl.col("person").n_unique() - _persons(told)).alias("unknown_end"),
    )
    after = _after_the_stay(every).group_by("hospital_id").agg(pl.col("person").n_unique())
    after = after.rename({"person": "died_after"})
    joined = counted.join(after, on="hospital_id", how="left").sort("hospital_id")
    columns = [name.name for name in fields(Seen)]
    return joined.with_columns(pl.col("died_after").fill_null(0)).select(columns).collect()


def _persons(which: pl.Expr) -> pl.Expr:
    return pl.col("person").filter(which.fill_null(False)).n_unique()


def _after_the_stay(every: pl.LazyFrame) -> pl.LazyFrame:
    """Admissions left alive by people who died a day or more later, in no stay of the network."""
    day = pl.duration(days=1)
    dead = every.filter(pl.col("death_at").is_not_null())
    left = dead.filter(
        pl.col("discharge_status").is_in(LEFT_ALIVE),
        pl.col("death_at") > pl.col("discharged_at") + day,
    ).select("hospital_id", "person", "death_at")
    stays = dead.select("person", "admitted_at", "discharged_at", "discharge_status")
    covers = (pl.col("admitted_at") <= pl.col("death_at")) & (
        pl.col("discharged_at").is_null()
        | (pl.col("discharged_at") + day >= pl.col("death_at"))
        | (pl.col("discharge_status") == "died").fill_null(False)
    )
    in_stay = left.join(stays, on="person", how="inner").filter(covers).select("person").unique()
    return left.join(in_stay, on="person", how="anti")


def _doubts(seen: Sequence[Seen]) -> dict[str, str]:
    """Hospital -> why its dates of death are not those of a register."""
    found = {one.hospital_id: why for one in seen if (why := _undated(one))}
    rest = [one for one in seen if one.hospital_id not in found]
    for one in rest:
        others = [other for other in rest if other is not one]
        if why := _too_few(one, others):
            found[one.hospital_id] = why
    return found


def _undated(one: Seen) -> str:
    """Deaths that the hospital saw itself and its dates lack: a register would have them."""
    if not one.dated and one.people >= FEWEST_AFTER and 2 * one.unknown_end > one.people:
        return "nobody has a date of death, and of most nobody knows how their stay ended"
    missing = one.died - one.died_dated
    if missing and not one.died_dated:
        return "nobody who died in the stay has a date of death"
    if missing > 1 and one.died_dated < LEAST_DATED * one.died:
        return "many who died in the stay have no date of death"
    return ""


def _too_few(one: Seen, others: Sequence[Seen]) -> str:
    """No death after discharge, or none at all, where others' share makes it next to impossible."""
    after, left = sum(o.died_after for o in others), sum(o.left_alive for o in others)
    if not one.died_after and _unlikely(after, left, one.left_alive):
        return "nobody who left alive has a date of death, while in the other hospitals people have"
    dead, people = sum(max(o.dated, o.died) for o in others), sum(o.people for o in others)
    if not (one.dated or one.died) and _unlikely(dead, people, one.people):
        return "nobody has a date of death or died in the stay, unlike in the other hospitals"
    return ""


def _unlikely(cases: int, of: int, here: int) -> bool:
    """Whether none of so many is next to impossible at the share of the others."""
    return cases >= FEWEST_AFTER and bool((1 - cases / max(of, cases)) ** here < CHANCE)


@dataclass(frozen=True)
class Answerable:
    """A study as its author asked it, and as it can be answered with what is known."""

    asked: Study
    known: Known | None

    @property
    def study(self) -> Study:
        """The study that can be answered: deaths that nobody could know are asked of the stay."""
        if self.known is None:
            return self.asked
        variables = tuple(
            v if v.source != "death" or self.known.linked(v) else in_hospital(v)
            for v in self.asked.outcomes.variables
        )
        if variables == self.asked.outcomes.variables:
            return self.asked
        outcomes = self.asked.outcomes.model_copy(update={"variables": variables})
        changed = self.asked.model_copy(update={"outcomes": outcomes})
        return changed.with_lists(self.asked.lists)

    @property
    def refused(self) -> tuple[Outcome, ...]:
        """The deaths anywhere that are answered as deaths in the hospital."""
        pairs = zip(self.asked.outcomes.variables, self.study.outcomes.variables, strict=True)
        return tuple(asked for asked, given in pairs if asked.source != given.source)

    @property
    def primary_refused(self) -> bool:
        """Whether the primary outcome is one of these."""
        return self.asked.primary.name in [outcome.name for outcome in self.refused]

    @property
    def weighted_for_lost(self) -> bool:
        """Whether the primary death is answered by weights for who left alive all the same."""
        declared = None if self.known is None else self.known.declares(self.asked.primary)
        return self.primary_refused and declared == "unknown"


def in_hospital(outcome: Outcome) -> Outcome:
    """Death in the hospital within the same days: what can be known without a register."""
    until = "" if outcome.within_days is None else f" within {many(outcome.within_days, 'day')}"
    return outcome.model_copy(
        update={
            "source": "in_hospital_death",
            "label": f"Death in hospital{until}",
            "event_label": f"death in hospital{until}",
        }
    )


def as_answered(outcomes: pl.DataFrame, answerable: Answerable) -> pl.DataFrame:
    """The outcome columns that belong to the study as it can be answered.

    `outcomes`: what `features.outcomes` left, with both answers to a death; the other one leaves
    the table. Where a primary death within some days is asked of the stay alone, `known_anywhere`
    is what is known of it all the same: dead by then anywhere, alive then, null where nobody knows.
    """
    primary, frame = answerable.asked.outcomes.primary, outcomes
    for asked in answerable.refused:
        name, other = asked.name, f"{asked.name}{IN_HOSPITAL}"
        if name == primary:
            if asked.within_days is not None:
                frame = frame.with_columns(_anywhere(asked).alias("known_anywhere"))
            times = ["time_days", "event", "days_to_death"]
            frame = frame.drop(times).rename({f"{column}{IN_HOSPITAL}": column for column in times})
        frame = frame.drop(name).rename({other: name})
    return frame.drop([column for column in frame.columns if column.endswith(IN_HOSPITAL)])


def _anywhere(asked: Outcome) -> pl.Expr:
    """Dead within the horizon wherever it was, alive at its end, or null."""
    horizon, name = asked.within_days, asked.name
    dead = pl.col(name).fill_null(False) | pl.col(f"{name}{IN_HOSPITAL}").fill_null(False)
    in_stay = (pl.col("stay_end") == 0) & (pl.col("stay_days") >= horizon)
    alive = in_stay | (pl.col("days_to_death") > horizon)
    return pl.when(dead).then(True).when(alive.fill_null(False)).then(False)
