"""Of whom nobody knows the outcome: how many in each arm, and what the effect could be at most.

Leaving such people out keeps the dead and drops the living, so a death that nobody could know is
not answered that way (`concepts.follow_up`), and what is unknown stands beside every answer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from ehrivig import disclosure
from ehrivig.analysis import follow_up_length
from ehrivig.analysis.survival import horizon_of, in_the_stay
from ehrivig.concepts.follow_up import Answerable, Known
from ehrivig.meta.lint import Lint
from ehrivig.study import Outcome
from ehrivig.study.registries import ANSWERS, OUTCOMES

ANYWHERE = "known_anywhere"
ARMS = {"exposed": True, "control": False}
MOST_LOST = 0.05
"""Share of an arm whose outcome may be unknown (Schulz & Grimes, Lancet 2002: 5% is little)."""
NAN = float("nan")
SCHEMA: dict[str, Any] = {
    "arm": pl.String,
    "n": pl.Int64,
    "unknown": pl.Int64,
    "share_unknown": pl.Float64,
    "transferred": pl.Int64,
    **follow_up_length.SCHEMA,
    "outcome": pl.String,
    "after_discharge": pl.String,
    "evidence": pl.String,
}


def by_arm(table: pl.DataFrame, answerable: Answerable) -> pl.DataFrame:
    """One row per arm: of how many the primary outcome is unknown as it was asked, days followed.

    For a death anywhere that is answered as death in the hospital, `unknown` counts those who left
    alive before the horizon, whose later fate nobody knows. A small count is null in both arms,
    with the share: hidden alone it would be one of few.
    """
    smallest, rows = answerable.asked.report.smallest_cell, []
    told = {arm: _counts(table, answerable, side) for arm, side in ARMS.items()}
    hidden = disclosure.any_small([(unknown, n) for n, unknown, _ in told.values()], smallest)
    moved_hidden = disclosure.any_small([(moved, n) for n, _, moved in told.values()], smallest)
    for arm, (n, unknown, transferred) in told.items():
        rows.append(
            {
                "arm": arm,
                "n": None if disclosure.small(n, smallest) else n,
                "unknown": None if hidden else unknown,
                "share_unknown": None if hidden or not n else unknown / n,
                "transferred": None if moved_hidden else transferred,
                **follow_up_length.of_arm(table.filter(exposed=ARMS[arm]), answerable),
                "outcome": answerable.asked.primary.label,
                "after_discharge": _basis(answerable),
                "evidence": "" if answerable.known is None else answerable.known.evidence,
            }
        )
    return pl.DataFrame(rows, schema=SCHEMA)


class Largest(NamedTuple):
    """The largest share of an arm: itself, and between what it lies for who may not see a count.

    A hidden count is taken as any that must not be shown, so that no verdict on it tells which.
    """

    share: float
    least: float
    most: float
    hidden: bool

    @property
    def ends(self) -> tuple[float, float] | None:
        """Between what it lies; None where it may be shown."""
        return (self.least, self.most) if self.hidden else None


def largest_share(table: pl.DataFrame, answerable: Answerable) -> Largest:
    """The largest share of an arm that is unknown."""
    counts = [_counts(table, answerable, side)[:2] for side in ARMS.values()]
    return _largest(counts, answerable.asked.report.smallest_cell)


def largest_transferred(table: pl.DataFrame, answerable: Answerable) -> Largest:
    """The largest share of an arm that was transferred alive.

    0 where deaths in the next hospital are known, or count among the unknown.
    """
    if not in_the_stay(answerable.study) or answerable.weighted_for_lost:
        return Largest(0.0, 0.0, 0.0, False)
    counts = [_counts(table, answerable, side)[::2] for side in ARMS.values()]
    return _largest(counts, answerable.asked.report.smallest_cell)


def largest_unanswered(table: pl.DataFrame, answerable: Answerable) -> float:
    """The largest share of an arm of whom even the outcome that is answered is unknown."""
    name = answerable.study.primary.name
    arms = [table.filter(exposed=side)[name] for side in ARMS.values()]
    return max(arm.null_count() / max(arm.len(), 1) for arm in arms)


def _largest(counts: list[tuple[int, int]], smallest: int) -> Largest:
    ends, hidden = [(0.0, 0.0, 0.0)], False
    for n, unknown in counts:
        few, many = (disclosure.small(one, smallest) for one in (unknown, n - unknown))
        hidden |= few or many
        least = 1 if few else n - smallest + 1 if many else unknown
        most = smallest - 1 if few else n - 1 if many else unknown
        whole = max(n, 1)
        ends.append((unknown / whole, max(least, 0) / whole, min(most, n) / whole))
    share, least_, most_ = (max(column) for column in zip(*ends, strict=True))
    return Largest(share, least_, most_, hidden)


def _basis(answerable: Answerable) -> str:
    """What of deaths after the stay the answer rests on."""
    if answerable.weighted_for_lost:
        return "unknown"
    if answerable.study.primary.source == "death":
        return "linked"
    return "in_hospital" if in_the_stay(answerable.study) else ""


def _counts(table: pl.DataFrame, answerable: Answerable, exposed: bool) -> tuple[int, int, int]:
    """Of one arm: everybody, those of unknown outcome, those transferred by the horizon."""
    people = table.filter(pl.col("exposed") == exposed)
    column = ANYWHERE if ANYWHERE in people.columns else answerable.study.primary.name
    moved = people.filter(pl.col("discharge_status") == "transferred")
    if "discharge_days" in people.columns:
        moved = moved.filter(
            (pl.col("discharge_days") < horizon_of(answerable.study)).fill_null(True)
        )
    return people.height, people[column].null_count(), moved.height


def lints(table: pl.DataFrame, answerable: Answerable) -> list[Lint]:
    """What a reader must know of the outcomes that nobody knows."""
    return [
        *_denied(answerable),
        *_refused(table, answerable),
        *_unproven(answerable),
        *_lost(table, answerable),
        *_transferred(table, answerable),
    ]


def _denied(answerable: Answerable) -> list[Lint]:
    """Deaths after discharge that the study file denies and the dates show."""
    known, primary = answerable.known, answerable.asked.primary
    if known is None or primary.source != "death" or not known.proven:
        return []
    declared = known.declares(primary)
    if declared not in ("unknown", "in_hospital"):
        return []
    message = (
        f"{primary.label}: the study file says that deaths after discharge are not on record "
        f"(after_discharge = '{declared}'), and the dates say that they are: {known.evidence}. "
        "Where a register stands behind them write after_discharge = 'linked'"
    )
    return [Lint("register_denied", "warn", message)]


def _refused(table: pl.DataFrame, answerable: Answerable) -> list[Lint]:
    """Deaths anywhere that were asked for and could not be known."""
    known, refused = answerable.known, answerable.refused
    if known is None or not refused:
        return []
    primary = answerable.asked.primary
    first = primary if answerable.primary_refused else refused[0]
    declared = known.declares(first) == "in_hospital"
    names = ", ".join(outcome.label for outcome in refused)
    shares = ""
    if answerable.primary_refused and ANYWHERE in table.columns:
        told = _shares(table, answerable)
        shares = f" Unknown by its horizon: {told}."
    instead = (
        f"Answered instead: {answerable.study.outcome(first.name).label}, with leaving alive as "
        "competing event, and bounds of what was asked."
    )
    if answerable.weighted_for_lost:
        instead = (
            f"{primary.label} is answered by weights: taken is that who left alive would have "
            "fared like who stayed, which no data show. Beside it stand its bounds, and "
            f"{answerable.study.primary.label}."
        )
    message = (
        f"{names}: the vital status after discharge is unknown ({known.why_not(first)}). "
        f"{instead}{shares} {_cure(known)}"
    )
    return [Lint("vital_status_unknown", "info" if declared else "error", message)]


def _cure(known: Known) -> str:
    """What lets the deaths be known: a declaration, or dates that do not contradict one."""
    if known.doubts:
        return "Extract the dates of all deaths, in these hospitals too, or leave the hospitals out"
    return (
        "Where deaths after discharge are on record, say so: [outcomes] after_discharge = 'linked'"
    )


def _shares(table: pl.DataFrame, answerable: Answerable) -> str:
    """The share of each arm that nobody knows; of both or of none, as in `by_arm`."""
    shown = by_arm(table, answerable).select("arm", "share_unknown").rows()
    if any(share is None for _, share in shown):
        return "not shown (few people)"
    words = {"exposed": "of the exposed", "control": "of the unexposed"}
    return " and ".join(f"{share:.1%} {words[arm]}" for arm, share in shown)


def _unproven(answerable: Answerable) -> list[Lint]:
    """A declared link of which the data show nothing."""
    known, primary = answerable.known, answerable.asked.primary
    if known is None or primary.source != "death" or answerable.primary_refused:
        return []
    if known.proven:
        return []
    message = (
        f"{primary.label}: that nobody died after discharge unseen rests on the study file alone "
        f"(after_discharge = 'linked'): {known.evidence}"
    )
    return [Lint("linked_unproven", "warn", message)]


def _lost(table: pl.DataFrame, answerable: Answerable) -> list[Lint]:
    """An arm of which too many outcomes are unknown, as answered, or may be where few are."""
    primary, smallest = answerable.study.primary, answerable.asked.report.smallest_cell
    found = []
    for arm, side in ARMS.items():
        people = table.filter(pl.col("exposed") == side)
        unknown = people[primary.name].null_count()
        if disclosure.small(unknown, smallest):
            found += _few_lost(primary, arm, people.height, smallest)
            continue
        if unknown <= MOST_LOST * people.height:
            continue
        message = (
            f"{primary.label} is unknown of {unknown / people.height:.1%} of the {arm} (limit "
            f"{MOST_LOST:.0%}): {_what_follows(people, answerable)}. {_remedy(primary)}"
        )
        found.append(Lint("lost_to_follow_up", "error", message, {"n": unknown}))
    return found


def _remedy(primary: Outcome) -> str:
    """What lets an outcome be known of more people: time, or another outcome."""
    if OUTCOMES[primary.source].codes is None:
        return "Lengthen the follow-up, or end the period of admissions before it"
    return "Ask first for an outcome that is on record of nearly everybody"


def _what_follows(people: pl.DataFrame, answerable: Answerable) -> str:
    """What becomes of people of unknown outcome: left out, or followed as long as they are seen."""
    unseen = pl.col(answerable.study.primary.name).is_null()
    seen = "time_days" in people.columns and people.filter(unseen)["time_days"].null_count() == 0
    if ANSWERS[answerable.study.answer].death and seen:
        return (
            "they are followed to the last day that is known of them, as if it had no bearing on "
            "their fate"
        )
    return "who is left out is not like who stays"


def _transferred(table: pl.DataFrame, answerable: Answerable) -> list[Lint]:
    """Too many who went on to another hospital, where a death counts as none here."""
    if largest_transferred(table, answerable).least <= MOST_LOST:
        return []
    rows = by_arm(table, answerable).select("arm", "n", "transferred").rows()
    shares = "not shown (few people)"
    if all(moved is not None and n for _, n, moved in rows):
        words = {"exposed": "of the exposed", "control": "of the unexposed"}
        shares = " and ".join(f"{moved / n:.1%} {words[arm]}" for arm, n, moved in rows)
    message = (
        f"{answerable.study.primary.label} counts who was transferred alive to another hospital as "
        f"alive: {shares} (limit {MOST_LOST:.0%}). Whether they died there nobody knows. Link the "
        "stays of the next hospital, or deaths after discharge"
    )
    return [Lint("transferred", "error", message)]


def _few_lost(primary: Outcome, arm: str, n: int, smallest: int) -> list[Lint]:
    """Few people without outcome, who may be too many of a small arm; by its size alone."""
    most = smallest - 1
    if most <= MOST_LOST * n:
        return []
    message = (
        f"{primary.label} is unknown of few of the {arm}, who in so small an arm may be more than "
        f"{MOST_LOST:.0%}: who is left out is not like who stays. {_remedy(primary)}"
    )
    return [Lint("lost_to_follow_up", "warn", message)]
