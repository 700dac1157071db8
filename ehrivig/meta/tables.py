"""The tables of a synthesis, as rows of CSV files: contract columns first, then our own.

Numbers are written in full; an empty cell is a number that does not exist. Ratios stand on their
own scale, `se` on the log scale; `i2` is a proportion from 0 to 1.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence

from ehrivig.meta.bias import AsymmetryTest
from ehrivig.meta.lint import Lint
from ehrivig.meta.pooled import Pooled
from ehrivig.meta.synthesis import Synthesis
from ehrivig.store.cells import as_cell

Row = Mapping[str, object]

META_COLUMNS = (
    "subgroup", "measure", "method", "model", "tau2_method", "estimate", "lo", "hi", "se", "p",
    "q", "q_df", "q_p", "i2", "tau2", "pi_lo", "pi_hi", "k",
    "k_excluded", "ci", "h2", "tau2_lo", "tau2_hi", "i2_tau2", "note",
)  # fmt: skip
TEST_COLUMNS = ("test", "estimate", "se", "statistic", "df", "p", "note")
LINT_COLUMNS = ("code", "severity", "where", "message", "numbers")


def csv_text(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Rows as CSV text; a table without rows keeps its header."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return stream.getvalue()


def _cell(value: object) -> str:
    """A value as a CSV cell."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return as_cell(value)
    return repr(float(value)) if isinstance(value, float) else str(value)


def pooled_row(pooled: Pooled) -> dict[str, object]:
    """One pool as a row of meta.csv, without its subgroup."""
    random = pooled.plan.model == "random"
    return {
        "measure": pooled.plan.measure,
        "method": pooled.plan.method,
        "model": pooled.plan.model,
        "tau2_method": pooled.plan.tau2 if random else None,
        "estimate": pooled.estimate,
        "lo": pooled.lo,
        "hi": pooled.hi,
        "se": pooled.se,
        "p": pooled.p,
        "q": pooled.dispersion.q,
        "q_df": pooled.dispersion.q_df,
        "q_p": pooled.dispersion.q_p,
        "i2": pooled.dispersion.i2,
        "tau2": pooled.tau2,
        "pi_lo": pooled.pi_lo,
        "pi_hi": pooled.pi_hi,
        "k": pooled.k,
        "k_excluded": pooled.k_excluded,
        "ci": pooled.plan.ci,
        "h2": pooled.dispersion.h2,
        "tau2_lo": pooled.tau2_lo,
        "tau2_hi": pooled.tau2_hi,
        "i2_tau2": pooled.i2_tau2,
    }


def meta_rows(synthesis: Synthesis) -> list[Row]:
    """meta.csv: one row for all studies, then one per subgroup."""
    rows: list[Row] = [{"subgroup": "all"} | pooled_row(synthesis.overall)]
    for group in synthesis.subgroups.groups if synthesis.subgroups else ():
        if group.pooled:
            rows.append({"subgroup": group.name} | pooled_row(group.pooled))
        else:
            plan = synthesis.plan
            named = {"measure": plan.measure, "method": plan.method, "model": plan.model}
            empty = {"k": 0, "k_excluded": len(group.rows), "note": group.note}
            rows.append({"subgroup": group.name} | named | empty)
    return rows


def study_columns(synthesis: Synthesis) -> tuple[str, ...]:
    """The columns of studies.csv: the data as read, then the effects and their use."""
    data = tuple(n for n in synthesis.trials.data.columns() if n not in ("estimate", "lo", "hi"))
    return (
        "study", "subgroup", *data, "measure", "estimate", "lo", "hi", "se", "weight",
        "included", "zero_cell_corrected", "reconstructed",
    )  # fmt: skip


def study_rows(synthesis: Synthesis) -> list[Row]:
    """studies.csv: one row per study; `weight` is its proportion of the pool, 0 to 1."""
    trials, effects = synthesis.trials, synthesis.effects
    estimate, lo, hi = effects.interval(synthesis.plan.level)
    groups = trials.columns[synthesis.by] if synthesis.by else ("all",) * trials.data.k
    rows: list[Row] = []
    for row, label in enumerate(trials.labels):
        numbers = {n: float(getattr(trials.data, n)[row]) for n in trials.data.columns()}
        whole = {n: int(v) if n.startswith(("n_", "events_")) else v for n, v in numbers.items()}
        rows.append(
            whole
            | {
                "study": label,
                "subgroup": groups[row],
                "measure": synthesis.plan.measure,
                "estimate": float(estimate[row]),
                "lo": float(lo[row]),
                "hi": float(hi[row]),
                "se": float(effects.v[row] ** 0.5),
                "weight": float(synthesis.overall.weights[row]),
                "included": bool(synthesis.overall.weights[row] > 0 or effects.estimable[row]),
                "zero_cell_corrected": bool(effects.corrected[row]),
                "reconstructed": ";".join(trials.reconstructed),
            }
        )
    return rows


def _named_pools(name: str, labels: Sequence[str], pools: Sequence[Pooled | None]) -> list[Row]:
    """One row per pool under a name; only the name where it cannot be pooled."""
    return [
        {name: label} | (pooled_row(pooled) if pooled else {"note": "not estimable"})
        for label, pooled in zip(labels, pools, strict=True)
    ]


def leave_one_out_rows(synthesis: Synthesis) -> list[Row]:
    """leave_one_out.csv: the pool without each study."""
    return _named_pools("without", synthesis.trials.labels, synthesis.leave_one_out)


def cumulative_rows(synthesis: Synthesis) -> list[Row]:
    """cumulative.csv: the pool up to and with each study, in order of year."""
    labels = [synthesis.trials.labels[row] for row in synthesis.order]
    return _named_pools("up_to", labels, synthesis.cumulative)


def influence_rows(synthesis: Synthesis) -> list[Row]:
    """influence.csv: deletion diagnostics of each study."""
    if synthesis.influence is None:
        return []
    found = synthesis.influence
    return [
        {"study": label}
        | {name: float(getattr(found, name)[row]) for name in INFLUENCE_COLUMNS[1:-1]}
        | {"influential": bool(found.influential[row])}
        for row, label in enumerate(synthesis.trials.labels)
    ]


INFLUENCE_COLUMNS = (
    "study", "rstudent", "dffits", "dfbetas", "cook_d", "cov_r", "tau2_without", "q_without",
    "hat", "influential",
)  # fmt: skip


def test_rows(synthesis: Synthesis) -> list[Row]:
    """tests.csv: subgroup difference, funnel asymmetry, trim and fill, moderators."""
    rows: list[Row] = []
    if synthesis.subgroups:
        between = synthesis.subgroups.between
        numbers: Row = {"statistic": between.q, "df": between.q_df, "p": between.q_p}
        rows.append({"test": "subgroup difference", "note": synthesis.by, **numbers})
    rows += [_asymmetry_row(test) for test in (synthesis.egger, synthesis.peters) if test]
    if synthesis.filled:
        filled = synthesis.filled
        note = f"{filled.k0} studies filled in on the {filled.side} ({filled.estimator})"
        pooled = filled.pooled
        rows.append(
            {"test": "trim and fill", "estimate": pooled.estimate, "se": pooled.se,
             "statistic": pooled.statistic, "df": pooled.df, "p": pooled.p, "note": note}
        )  # fmt: skip
    if synthesis.regression:
        fit = synthesis.regression
        numbers = {"statistic": fit.moderator_q, "df": fit.moderator_df, "p": fit.moderator_p}
        rows.append({"test": "moderators", "note": ", ".join(fit.names[1:]), **numbers})
    return rows


def _asymmetry_row(test: AsymmetryTest) -> Row:
    """A test of funnel asymmetry as a row of tests.csv."""
    return {
        "test": test.name,
        "estimate": test.coefficient,
        "se": test.se,
        "statistic": test.statistic,
        "df": test.df,
        "p": test.p,
        "note": f"{test.k} studies",
    }


def regression_rows(synthesis: Synthesis) -> list[Row]:
    """regression.csv: one row per coefficient, on the analysis scale."""
    fit = synthesis.regression
    if fit is None:
        return []
    return [
        {"term": name} | {part: float(getattr(fit, part)[row]) for part in REGRESSION_COLUMNS[1:6]}
        | {"tau2": fit.tau2, "r2": fit.r2, "k": fit.k}
        for row, name in enumerate(fit.names)
    ]  # fmt: skip


REGRESSION_COLUMNS = ("term", "coefficient", "se", "lo", "hi", "p", "tau2", "r2", "k")


def lint_rows(lints: Sequence[Lint]) -> list[Row]:
    """lints.csv: one row per finding with the numbers behind it."""
    return [
        {
            "code": lint.code,
            "severity": lint.severity,
            "where": lint.where,
            "message": lint.message,
            "numbers": json.dumps(dict(lint.numbers), sort_keys=True),
        }
        for lint in lints
    ]


def risk_of_bias_rows(synthesis: Synthesis) -> list[Row]:
    """risk_of_bias.csv: one row per study and domain, as judged, and one overall; its weight."""
    judged = synthesis.judged
    if judged is None:
        return []
    every = {**judged.domains, "overall": judged.overall}
    return [
        {
            "study": label,
            "domain": domain,
            "judgement": judgements[row],
            "weight": float(synthesis.overall.weights[row]),
        }
        for row, label in enumerate(synthesis.trials.labels)
        for domain, judgements in every.items()
    ]


RISK_OF_BIAS_COLUMNS = ("study", "domain", "judgement", "weight")


def grade_rows(synthesis: Synthesis) -> list[Row]:
    """summary_of_findings.csv: studies, people and effects, then what speaks to each domain."""
    rows: list[Row] = [{"item": "studies", "value": synthesis.overall.k}]
    if synthesis.absolute is None and synthesis.without_absolute:
        rows.append({"item": "difference per 1000", "said": synthesis.without_absolute})
    if found := synthesis.absolute:
        rows += [
            {"item": "control risk per 1000", "value": found.control},
            {"item": "treated risk per 1000", "value": found.treated},
            {
                "item": "difference per 1000",
                "value": found.difference,
                "lo": found.lo,
                "hi": found.hi,
            },
        ]
    return [*rows, *({"item": one.domain, "said": one.said} for one in synthesis.grade)]


GRADE_COLUMNS = ("item", "value", "lo", "hi", "said")


def all_tables(synthesis: Synthesis) -> dict[str, str]:
    """Every table of a synthesis: file name and CSV text."""
    pools = META_COLUMNS[1:]
    tables = {
        "meta.csv": csv_text(meta_rows(synthesis), META_COLUMNS),
        "studies.csv": csv_text(study_rows(synthesis), study_columns(synthesis)),
        "methods.csv": csv_text([pooled_row(p) for p in synthesis.alternatives], pools),
        "leave_one_out.csv": csv_text(leave_one_out_rows(synthesis), ("without", *pools)),
        "cumulative.csv": csv_text(cumulative_rows(synthesis), ("up_to", *pools)),
        "influence.csv": csv_text(influence_rows(synthesis), INFLUENCE_COLUMNS),
        "tests.csv": csv_text(test_rows(synthesis), TEST_COLUMNS),
        "summary_of_findings.csv": csv_text(grade_rows(synthesis), GRADE_COLUMNS),
        "lints.csv": csv_text(lint_rows(synthesis.lints), LINT_COLUMNS),
    }
    if synthesis.judged:
        rows = risk_of_bias_rows(synthesis)
        tables["risk_of_bias.csv"] = csv_text(rows, RISK_OF_BIAS_COLUMNS)
    if synthesis.regression:
        tables["regression.csv"] = csv_text(regression_rows(synthesis), REGRESSION_COLUMNS)
    return tables
