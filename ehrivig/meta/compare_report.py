"""The picture and the page of our estimate under the published ones."""

from __future__ import annotations

from collections.abc import Sequence

from ehrivig.figures.forest import ForestRow, forest_svg
from ehrivig.figures.page import inline
from ehrivig.meta import words
from ehrivig.meta.lint import Lint
from ehrivig.meta.ours import Comparison
from ehrivig.meta.report import render
from ehrivig.meta.study_forest import forest_head, forest_rows
from ehrivig.meta.synthesis import Synthesis


def compare_forest(
    synthesis: Synthesis, made: Sequence[Comparison], sides: tuple[str, str] | None = None
) -> str:
    """The forest of the trials with our estimates below, in another colour, outside the pool."""
    head = forest_head(synthesis, sides)
    blank = ("",) * (len(head.columns) - 1)
    rows = [
        *forest_rows(synthesis),
        ForestRow("gap"),
        ForestRow("heading", "This study (not pooled)"),
    ]
    rows += [
        ForestRow(
            "ours",
            _name(one),
            (*blank, words.interval(one.ours.estimate, one.ours.lo, one.ours.hi)),
            one.ours.estimate,
            one.ours.lo,
            one.ours.hi,
        )
        for one in made
    ]
    events = list(dict.fromkeys(one.ours.event_label for one in made if one.ours.event_label))
    if events:
        rows.append(ForestRow("note", f"Event in this study: {'; '.join(events)}"))
    title = f"{synthesis.overall.measure.label}: this study under the published trials"
    return forest_svg(rows, head, title, ratio=synthesis.overall.measure.ratio)


def compare_html(
    synthesis: Synthesis, made: Sequence[Comparison], lints: Sequence[Lint], figure: str
) -> str:
    """The page: the picture, our estimates against the pool, what must be read with care."""
    pooled = synthesis.overall
    return render(
        "compare.html",
        title="This study under the published trials",
        published=(
            f"Published: {pooled.measure.label} "
            f"{words.interval(pooled.estimate, pooled.lo, pooled.hi)} over {pooled.k} trials "
            f"({words.method_words(pooled.plan)}; {synthesis.trials.source})."
        ),
        ratio=pooled.measure.ratio,
        forest=inline(figure, "forest"),
        rows=[_cells(one) for one in made],
        notes=synthesis.notes,
        lints=lints,
    )


def _name(one: Comparison) -> str:
    """What one of our estimates is called."""
    return ", ".join(part for part in (one.ours.analysis, one.ours.model) if part)


def _cells(one: Comparison) -> tuple[str, ...]:
    """One of our estimates as a row of the page."""
    inside = {True: "yes", False: "no", None: "–"}[one.inside]
    return (
        _name(one),
        one.ours.event_label or "–",
        words.interval(one.ours.estimate, one.ours.lo, one.ours.hi),
        words.interval(one.difference, one.lo, one.hi),
        words.p_value(one.p).removeprefix("= "),
        inside,
    )
