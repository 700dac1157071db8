"""The report of a synthesis: one HTML page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ehrivig import __version__
from ehrivig.figures.page import inline, page
from ehrivig.meta import words
from ehrivig.meta.pooled import Pooled
from ehrivig.meta.synthesis import Synthesis

Cells = tuple[str, ...]


def render(template: str, **values: object) -> str:
    """A page of evidence from a template of this package.

    `simulated`: what of it is of synthetic data, in a sentence; `immortal`: whether some estimate
    holds immortal time. Published evidence is and has neither.
    """
    usual = {"version": __version__, "simulated": "", "immortal": False}
    return page("ehrivig.meta", template, **usual | values)


def report_html(synthesis: Synthesis, figures: Mapping[str, str]) -> str:
    """The report of a synthesis as HTML text."""
    pooled = synthesis.overall
    return render(
        "meta.html",
        title=f"{pooled.measure.label} over {pooled.k} studies",
        source=synthesis.trials.source,
        sentence=_sentence(pooled),
        method=words.method_words(pooled.plan),
        heterogeneity=_heterogeneity(pooled),
        notes=synthesis.notes,
        forest=inline(figures["forest.svg"], "forest"),
        funnel=inline(figures["funnel.svg"], "funnel"),
        absolute=_absolute(synthesis),
        grade=[(one.domain, one.said) for one in synthesis.grade],
        domains=("Study", *(synthesis.judged.domains if synthesis.judged else ()), "Overall"),
        judged=_judged_cells(synthesis),
        methods=_method_cells(synthesis),
        subgroups=_subgroup_cells(synthesis),
        between=_between(synthesis),
        bias=_bias(synthesis),
        single=_single_cells(synthesis),
        cumulative=_cumulative_cells(synthesis),
        regression=_regression_cells(synthesis),
        moderators=_moderators(synthesis),
        lints=synthesis.lints,
    )


def _absolute(synthesis: Synthesis) -> str:
    """The effect among 1,000 people in a sentence, or why there is none; empty without counts."""
    found = synthesis.absolute
    if found is None:
        why = synthesis.without_absolute
        return f"{why[:1].upper()}{why[1:]}." if why else ""
    side = "fewer" if found.difference < 0 else "more"
    limits = [f"{words.number(abs(x), 0)} {'fewer' if x < 0 else 'more'}" for x in found.limits]
    return (
        f"Of 1,000 people {words.number(found.control, 0)} have the event without the treatment "
        f"(the controls of all studies together) and {words.number(found.treated, 0)} with it: "
        f"{words.number(abs(found.difference), 0)} {side} ({limits[0]} to {limits[1]})."
    )


def _judged_cells(synthesis: Synthesis) -> list[Cells]:
    """Each study with the judgement of each domain."""
    judged = synthesis.judged
    if judged is None:
        return []
    every = (*judged.domains.values(), judged.overall)
    return [
        (label, *(judgements[row] for judgements in every))
        for row, label in enumerate(synthesis.trials.labels)
    ]


def _effect(pooled: Pooled) -> str:
    """A pooled effect in words."""
    digits = words.digits_for(pooled.measure, abs(pooled.estimate))
    return words.interval(pooled.estimate, pooled.lo, pooled.hi, digits)


def _sentence(pooled: Pooled) -> str:
    """The result in one sentence."""
    level = f"{100 * pooled.plan.level:.0f}%"
    digits = words.digits_for(pooled.measure, abs(pooled.estimate))
    return (
        f"{pooled.measure.label} {words.number(pooled.estimate, digits)} ({level} interval "
        f"{words.number(pooled.lo, digits)} to {words.number(pooled.hi, digits)}, "
        f"p {words.p_value(pooled.p)}) over {pooled.k} studies."
    )


def _heterogeneity(pooled: Pooled) -> list[tuple[str, str]]:
    """Name and value of each measure of heterogeneity."""
    spread, digits = pooled.dispersion, words.digits_for(pooled.measure, abs(pooled.estimate))
    rows = [
        ("Cochran's Q", f"{spread.q:.2f} on {spread.q_df} df, p {words.p_value(spread.q_p)}"),
        ("I² = max(0, (Q − df) / Q)", words.percent(spread.i2)),
        ("H² = Q / df", words.number(spread.h2)),
    ]
    if pooled.plan.model == "random":
        limits = f"{pooled.tau2_lo:.4g} to {pooled.tau2_hi:.4g}"
        rows.append((f"Tau² ({pooled.plan.tau2})", f"{pooled.tau2:.4g} (Q-profile {limits})"))
        rows.append(("I² from Tau²", words.percent(pooled.i2_tau2)))
        low, high = words.number(pooled.pi_lo, digits), words.number(pooled.pi_hi, digits)
        rows.append(("Prediction interval for a new study", f"{low} to {high}"))
    return rows


def _method_cells(synthesis: Synthesis) -> list[Cells]:
    """The same studies under every method."""
    return [
        (
            words.method_words(pooled.plan),
            _effect(pooled),
            words.p_value(pooled.p).removeprefix("= "),
            words.number(pooled.tau2, 3),
            str(pooled.k),
        )
        for pooled in synthesis.alternatives
    ]


def _subgroup_cells(synthesis: Synthesis) -> list[Cells]:
    """Each subgroup with its pool."""
    groups = synthesis.subgroups.groups if synthesis.subgroups else ()
    return [
        (
            group.name,
            str(group.pooled.k if group.pooled else 0),
            _effect(group.pooled) if group.pooled else "not estimable",
            words.percent(group.pooled.dispersion.i2) if group.pooled else "–",
        )
        for group in groups
    ]


def _between(synthesis: Synthesis) -> str:
    """The test between subgroups in a sentence."""
    if not synthesis.subgroups or not synthesis.subgroups.between.q_df:
        return "There is no test between subgroups: fewer than two can be pooled."
    test = synthesis.subgroups.between
    return (
        f"Test between subgroups: Q = {test.q:.2f} on {test.q_df} df, "
        f"p {words.p_value(test.q_p)}. Only this test says whether subgroups differ; that one is "
        "significant and another is not does not."
    )


def _bias(synthesis: Synthesis) -> list[str]:
    """Funnel asymmetry in sentences; empty where the tests are left out."""
    out = []
    for test, what in ((synthesis.egger, "intercept"), (synthesis.peters, "slope on 1/n")):
        if test:
            out.append(
                f"{test.name}'s test: {what} {words.number(test.coefficient, 3)} "
                f"(SE {words.number(test.se, 3)}), t = {words.number(test.statistic)} on "
                f"{test.df} df, p {words.p_value(test.p)}."
            )
    if synthesis.filled:
        filled = synthesis.filled
        out.append(
            f"Trim and fill ({filled.estimator}, {filled.side} side, "
            f"{words.method_words(filled.pooled.plan)}): {filled.k0} studies filled in, then "
            f"{_effect(filled.pooled)}."
        )
    return out


def _single_cells(synthesis: Synthesis) -> list[Cells]:
    """The pool without each study, with its diagnostics."""
    found = synthesis.influence
    rows: list[Cells] = []
    for row, (label, pooled) in enumerate(
        zip(synthesis.trials.labels, synthesis.leave_one_out, strict=True)
    ):
        rows.append(
            (
                label,
                _effect(pooled) if pooled else "not estimable",
                words.percent(pooled.dispersion.i2) if pooled else "–",
                words.number(float(found.rstudent[row])) if found else "–",
                words.number(float(found.cook_d[row]), 3) if found else "–",
                "yes" if found and found.influential[row] else "",
            )
        )
    return rows


def _cumulative_cells(synthesis: Synthesis) -> list[Cells]:
    """The pool as the studies came."""
    labels: Sequence[str] = [synthesis.trials.labels[row] for row in synthesis.order]
    return [
        (label, _effect(pooled) if pooled else "not estimable", str(pooled.k if pooled else 0))
        for label, pooled in zip(labels, synthesis.cumulative, strict=True)
    ]


def _regression_cells(synthesis: Synthesis) -> list[Cells]:
    """Each coefficient of the meta-regression."""
    fit = synthesis.regression
    if fit is None:
        return []
    return [
        (
            name,
            words.interval(float(fit.coefficient[i]), float(fit.lo[i]), float(fit.hi[i]), 4),
            words.p_value(float(fit.p[i])).removeprefix("= "),
        )
        for i, name in enumerate(fit.names)
    ]


def _moderators(synthesis: Synthesis) -> str:
    """The joint test of the covariates in a sentence."""
    fit = synthesis.regression
    if fit is None:
        return ""
    name = "Chi²" if fit.df != fit.df else "F"
    return (
        f"Test of the covariates together: {name} = {fit.moderator_q:.2f} on {fit.moderator_df} df,"
        f" p {words.p_value(fit.moderator_p)}. Tau² left {fit.tau2:.4g}; share explained "
        f"{words.percent(fit.r2)}."
    )
