"""What a hospital may send instead of patients: one row per estimate, and the pool of such files.

An aggregate file (`aggregate.csv`) has the columns of `HospitalEffect`. Counts that disclosure
rules suppress are empty. Numbers are written in full, so that a pool of files equals the pool of
the estimates they came from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from ehrivig.errors import UsageError
from ehrivig.meta import words
from ehrivig.meta.hospitals import HospitalPool, hospital_forest, pool_hospitals
from ehrivig.meta.measures import Interval, Tau2, measure_named
from ehrivig.meta.output import check_folder, write_result
from ehrivig.meta.tables import Row, csv_text, pooled_row
from ehrivig.meta.trials import read_table

AGGREGATE_FILE = "aggregate.csv"
MARKER = "pool.csv"
_NUMBERS = ("estimate", "lo", "hi", "se")
_COUNTS = ("n_exposed", "events_exposed", "n_control", "events_control")
_KEY = ("analysis", "contrast", "outcome", "model", "measure")
POOL_COLUMNS = (
    *_KEY, "event_label", "row", "estimate", "lo", "hi", "se", "p", "weight", "q", "q_df", "q_p",
    "i2", "tau2", "tau2_lo", "tau2_hi", "pi_lo", "pi_hi", "k", "k_excluded", "tau2_method", "ci",
    *_COUNTS, "note",
)  # fmt: skip


@dataclass(frozen=True)
class HospitalEffect:
    """One estimate of one hospital. `estimate`, `lo`, `hi` on the measure's scale, `se` on the
    analysis scale (log for ratios); NaN where it has none. Counts are None where suppressed.
    """

    hospital_id: str
    analysis: str
    contrast: str
    outcome: str
    event_label: str
    model: str
    measure: str
    estimate: float
    lo: float
    hi: float
    se: float
    n_exposed: int | None = None
    events_exposed: int | None = None
    n_control: int | None = None
    events_control: int | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What must be the same for two hospitals to be pooled."""
        return tuple(getattr(self, name) for name in _KEY)


@dataclass(frozen=True)
class AnalysisPool:
    """The pool of one analysis over hospitals, or why there is none."""

    rows: tuple[HospitalEffect, ...]
    pooled: HospitalPool | None
    note: str = ""


@dataclass(frozen=True)
class PoolSummary:
    """What `pool_aggregates` wrote: hospitals, analyses pooled and not, and the files in `out`."""

    out: str
    hospitals: tuple[str, ...]
    analyses: int
    analyses_not_pooled: int
    files: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The summary as plain values for JSON."""
        return asdict(self)


def aggregate_text(effects: Sequence[HospitalEffect]) -> str:
    """An aggregate file's text, one row per estimate."""
    return csv_text(
        [asdict(effect) for effect in effects], [f.name for f in fields(HospitalEffect)]
    )


def aggregate_file(path: Path) -> Path:
    """The aggregate file itself, or that of a folder."""
    return path / AGGREGATE_FILE if path.is_dir() else path


def read_aggregate(path: Path) -> tuple[HospitalEffect, ...]:
    """The estimates of an aggregate file, or of `aggregate.csv` in a folder.

    Raises UsageError for missing columns, and for a cell that is not a number.
    """
    file = aggregate_file(path)
    table, lines, _ = read_table(file)
    wanted = [f.name for f in fields(HospitalEffect)]
    missing = [name for name in wanted if name not in table and name != "note"]
    if missing:
        raise UsageError(f"{file}: not an aggregate file; it lacks {', '.join(missing)}.")
    return tuple(_effect(file, table, row, line) for row, line in enumerate(lines))


def _effect(file: Path, table: dict[str, tuple[str, ...]], row: int, line: int) -> HospitalEffect:
    """One row of an aggregate file."""
    cells = {f.name: table[f.name][row] for f in fields(HospitalEffect) if f.name in table}
    values: dict[str, object] = dict(cells)
    for name in (*_NUMBERS, *_COUNTS):
        try:
            number = float(cells[name]) if cells[name] else math.nan
            whole = None if math.isnan(number) else int(number)
        except (ValueError, OverflowError):
            raise UsageError(
                f"{file}: line {line}: {name} is {cells[name]!r}, not a number."
            ) from None
        values[name] = number if name in _NUMBERS else whole
    if not cells["hospital_id"]:
        raise UsageError(f"{file}: line {line}: hospital_id is empty.")
    measure_named(cells["measure"])
    return HospitalEffect(**values)  # type: ignore[arg-type]


def pool_estimates(
    effects: Sequence[HospitalEffect], *, tau2: Tau2 = "REML", ci: Interval = "hksj"
) -> tuple[AnalysisPool, ...]:
    """The pool over hospitals of every analysis, in order of first appearance.

    An analysis with fewer than two estimates keeps its rows and says why it has no pool. Raises
    UsageError when hospitals counted different events for the same outcome, or one comes twice.
    """
    pools = []
    for key in dict.fromkeys(effect.key for effect in effects):
        rows = tuple(effect for effect in effects if effect.key == key)
        labels = sorted({row.event_label for row in rows})
        if len(labels) > 1:
            raise UsageError(
                f"pool: {', '.join(key)}: hospitals count different events ({'; '.join(labels)}). "
                "Run the same study file everywhere."
            )
        pools.append(_pool_rows(rows, tau2, ci))
    return tuple(pools)


def _pool_rows(rows: tuple[HospitalEffect, ...], tau2: Tau2, ci: Interval) -> AnalysisPool:
    """The pool of one analysis."""
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in _NUMBERS}
    known = int(np.isfinite(columns["estimate"]).sum())
    if known < 2:
        return AnalysisPool(rows, None, f"{known} of {len(rows)} hospitals has an estimate")
    pooled = pool_hospitals(
        [row.hospital_id for row in rows],
        columns["estimate"],
        columns["lo"],
        columns["hi"],
        measure=rows[0].measure,
        se=columns["se"],
        tau2=tau2,
        ci=ci,
    )
    return AnalysisPool(rows, pooled)


def pool_aggregates(
    sources: Sequence[Path], out: Path, *, tau2: Tau2 = "REML", ci: Interval = "hksj"
) -> PoolSummary:
    """Pools aggregate files of several hospitals into one folder, all at once or not at all.

    `sources` are folders or files. Writes pool.csv (hospitals, pools, leave-one-out), forest.svg
    of the first pooled analysis, and report.html. Raises UsageError for every mistake in them.
    """
    from ehrivig.figures.page import inline
    from ehrivig.meta.report import render

    if not sources:
        raise UsageError("pool: no folder given. Name the folders that the hospitals sent.")
    check_folder(out, MARKER)
    effects = [effect for source in sources for effect in read_aggregate(source)]
    pools = pool_estimates(effects, tau2=tau2, ci=ci)
    made = [pool for pool in pools if pool.pooled]
    if not made:
        raise UsageError("pool: no analysis has an estimate from two hospitals. Nothing to pool.")
    files = {MARKER: csv_text([row for pool in pools for row in _rows(pool)], POOL_COLUMNS)}
    figures = [_figure(pool) for pool in made]
    sections = [
        _section(pool, inline(figure, f"analysis-{number}"))
        for number, (pool, figure) in enumerate(zip(made, figures, strict=True), start=1)
    ]
    hospitals = tuple(dict.fromkeys(effect.hospital_id for effect in effects))
    files["forest.svg"] = figures[0]
    files["report.html"] = render(
        "pool.html",
        title=f"{len(hospitals)} hospitals pooled",
        hospitals=hospitals,
        sections=sections,
        missing=[(", ".join(p.rows[0].key), p.note) for p in pools if not p.pooled],
    )
    write_result(
        out,
        files,
        marker=MARKER,
        command="pool",
        inputs=[aggregate_file(source) for source in sources],
        options={"tau2": tau2, "ci": ci},
    )
    return PoolSummary(str(out), hospitals, len(made), len(pools) - len(made), tuple(sorted(files)))


def _rows(pool: AnalysisPool) -> list[Row]:
    """pool.csv of one analysis: hospitals, random, common, then the pools without each hospital."""
    first = pool.rows[0]
    key = {name: getattr(first, name) for name in (*_KEY, "event_label")}
    weights = pool.pooled.random.weights.tolist() if pool.pooled else [None] * len(pool.rows)
    rows: list[Row] = [
        asdict(row)
        | {"row": f"hospital {row.hospital_id}", "weight": weight}
        | {"note": "; ".join(filter(None, (pool.note, row.note)))}
        for row, weight in zip(pool.rows, weights, strict=True)
    ]
    if pool.pooled is None:
        return rows
    named = [("random effects", pool.pooled.random), ("common effect", pool.pooled.common)]
    without = zip(pool.pooled.hospitals, pool.pooled.leave_one_out, strict=True)
    rows += [key | pooled_row(fit) | key | {"row": name} for name, fit in named]
    rows += [
        key | (pooled_row(fit) if fit else {"note": "fewer than two left"}) | key
        | {"row": f"without {name}"}
        for name, fit in without
    ]  # fmt: skip
    return rows


def _figure(pool: AnalysisPool) -> str:
    """The forest of one analysis."""
    if pool.pooled is None:
        raise ValueError("no pool to draw")
    cells = [
        tuple("–" if n is None else words.count(n) for n in (getattr(row, c) for c in _SHOWN))
        for row in pool.rows
    ]
    return hospital_forest(
        pool.pooled,
        cells=cells,
        columns=("Events", "Total") * 2,
        groups=(("Exposed", 2), ("Control", 2)),
    )


_SHOWN = ("events_exposed", "n_exposed", "events_control", "n_control")


def _section(pool: AnalysisPool, figure: object) -> dict[str, object]:
    """One analysis in the report."""
    first = pool.rows[0]
    return {
        "title": ", ".join(
            part for part in (first.outcome, first.contrast, first.analysis) if part
        ),
        "event": first.event_label,
        "model": first.model,
        "figure": figure,
        "notes": pool.pooled.notes if pool.pooled else (),
        "without": [
            (name, words.interval(fit.estimate, fit.lo, fit.hi) if fit else "not estimable")
            for name, fit in zip(pool.pooled.hospitals, pool.pooled.leave_one_out, strict=True)
        ]
        if pool.pooled
        else [],
    }
