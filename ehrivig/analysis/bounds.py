"""What an effect on a death that nobody could know can be at most, whatever became of who left.

Without an assumption on who left alive (Manski 1990): everybody of unknown fate may have died by
the horizon, or not. Where the answer is by clone-censor-weight, the ends are of its own strategies.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.lost import ANYWHERE
from ehrivig.analysis.models import versus
from ehrivig.analysis.sensitivity.time_zero import HOURS_PER_DAY, cohort_of
from ehrivig.analysis.survival import horizon_of
from ehrivig.concepts.follow_up import Answerable
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Arms, Effect
from ehrivig.stats.timezero.strategy_risks import strategy_risks

NAN = float("nan")
Ends = tuple[float, float]
"""A risk if nobody of unknown fate died by the horizon, and if all of them did."""


def bounds(
    table: pl.DataFrame, matched: pl.DataFrame, answerable: Answerable, rows: EffectRows
) -> None:
    """The largest and smallest risk difference of the death that was asked for, by population.

    Only where it could not be known.
    """
    if not answerable.primary_refused or ANYWHERE not in table.columns:
        return
    asked, study = answerable.asked.primary, answerable.study
    question = Question(
        "follow_up",
        versus(answerable.asked),
        asked.name,
        "all",
        asked.event_label,
        adjusted=True,
    )
    if study.answer == "clone_censor_weight":
        contrast = f"{study.exposure.label} within {study.grace_hours:g} h vs not"
        rows.ask(
            replace(
                question,
                contrast=f"{contrast} (clone-censor-weight, bounds)",
                immortal=False,
                counted=False,
            ),
            partial(_of_strategies, table, answerable),
        )
        return
    for population, people in (("all", table), ("matched", matched)):
        rows.ask(
            replace(question, population=population), partial(_of_arms, people, table, answerable)
        )


def _of_strategies(table: pl.DataFrame, answerable: Answerable) -> Effect:
    """The ends of what clone-censor-weight can give of the strategies of the answer."""
    study = answerable.study
    sizes = [n for arm in (True, False) for n in _shown(table, table, answerable, arm)[:2]]
    nobody, all_ = (
        strategy_risks(
            cohort_of(_fate(table, answerable, died=died), study)[0],
            grace_hours=study.grace_hours,
            horizon_hours=horizon_of(study) * HOURS_PER_DAY,
        )
        for died in (False, True)
    )
    start, wait = zip(nobody, all_, strict=True)
    return _between(
        Arms(*sizes),
        (start, wait),
        answerable,
        ("who starts in time", "who does not"),
        "clone-censor-weight; ",
    )


def _fate(table: pl.DataFrame, answerable: Answerable, *, died: bool) -> pl.DataFrame:
    """The people with follow-up to the horizon: those of unknown fate all dead there, or alive."""
    in_stay = pl.col("event").fill_null(False)
    return table.with_columns(
        time_days=pl.when(in_stay).then("time_days").otherwise(horizon_of(answerable.study)),
        event=in_stay | pl.col(ANYWHERE).fill_null(died),
    )


def _of_arms(people: pl.DataFrame, everybody: pl.DataFrame, answerable: Answerable) -> Effect:
    """The interval in which the difference between the exposed and the others lies."""
    sizes, risks = [], []
    for arm in (True, False):
        n, dead, lost = _shown(people, everybody, answerable, arm)
        risks.append((dead / n, (dead + lost) / n))
        sizes += [n, dead]
    return _between(
        Arms(*sizes), (risks[0], risks[1]), answerable, ("the exposed", "the unexposed")
    )


def _between(
    arms: Arms,
    risks: tuple[Ends, Ends],
    answerable: Answerable,
    words: tuple[str, str],
    design: str = "",
) -> Effect:
    """The difference between the ends of two risks."""
    (lowest, highest), (control_lowest, control_highest) = risks
    return Effect.between(
        arms,
        "RD",
        (NAN, lowest - control_highest, highest - control_lowest, NAN, NAN),
        event_label=answerable.asked.primary.event_label,
        method=f"{design}bounds without assumptions on who left alive (Manski 1990)",
        variance="none: the limits hold of these people, and are no confidence interval",
        estimand="whatever became of those who left alive",
        notes=(
            f"risk {lowest:.1%} to {highest:.1%} of {words[0]}, "
            f"{control_lowest:.1%} to {control_highest:.1%} of {words[1]}",
        ),
    )


def _shown(
    people: pl.DataFrame, everybody: pl.DataFrame, answerable: Answerable, exposed: bool
) -> tuple[int, int, int]:
    """Of one arm: everybody, the dead, the unknown. Raises AnalysisError where they are few."""
    smallest = answerable.asked.report.smallest_cell
    n, dead, lost = _fates(people, exposed)
    if not n:
        raise AnalysisError("one arm is empty")
    rest = [a - b for a, b in zip(_fates(everybody, exposed), (n, dead, lost), strict=True)]
    fates = [(dead, n), (lost, n), (n - dead - lost, n), (rest[1], rest[0]), (rest[2], rest[0])]
    if disclosure.any_small(fates, smallest):
        raise AnalysisError(f"a cell is below {smallest}: suppressed")
    return n, dead, lost


def _fates(people: pl.DataFrame, exposed: bool) -> tuple[int, int, int]:
    """Of one arm: everybody, who is known to have died, of whom nobody knows."""
    known = people.filter(pl.col("exposed") == exposed)[ANYWHERE]
    return known.len(), int(known.sum() or 0), known.null_count()
