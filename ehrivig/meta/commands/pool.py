"""Files that hospitals sent, pooled into one folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ehrivig.errors import UsageError
from ehrivig.figures.page import inline
from ehrivig.meta import words
from ehrivig.meta.aggregates import (
    COUNTS,
    KEY,
    RISKS,
    AnalysisPool,
    HospitalEffect,
    aggregate_file,
    pool_estimates,
    read_aggregate,
)
from ehrivig.meta.forest import hospital_forest
from ehrivig.meta.hospitals import HospitalPool, how_many
from ehrivig.meta.measures import Interval, Tau2
from ehrivig.meta.output import check_folder, write_result
from ehrivig.meta.pooled import Pooled
from ehrivig.meta.report import render
from ehrivig.meta.tables import Row, csv_text, pooled_row
from ehrivig.store.sealed import is_simulated, manifest, refuse_edited, released

MARKER = "pool.csv"
POOL_COLUMNS = (
    *KEY, "event_label", "row", "estimate", "lo", "hi", "se", "p", "weight", "q", "q_df", "q_p",
    "i2", "tau2", "tau2_lo", "tau2_hi", "pi_lo", "pi_hi", "k", "k_excluded", "tau2_method", "ci",
    *COUNTS, *RISKS, "role", "note", "within_days", "estimand", "protocol_hash",
)  # fmt: skip
_SHOWN = ("events_exposed", "n_exposed", "events_control", "n_control")


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


def pool_aggregates(
    sources: Sequence[Path], out: Path, *, tau2: Tau2 = "REML", ci: Interval = "hksj"
) -> PoolSummary:
    """Pools aggregate files of several hospitals into one folder, all at once or not at all.

    `sources` are folders or files. Writes pool.csv (hospitals, pools, leave-one-out), forest.svg
    of the first pooled analysis, and report.html. Raises UsageError for every mistake in them, and
    for a release of which a file was edited since its run wrote it.
    """
    if not sources:
        raise UsageError("pool: no folder given. Name the folders that the hospitals sent.")
    for source in sources:
        refuse_edited(Path(source))
    check_folder(out, MARKER)
    sent = [read_aggregate(source) for source in sources]
    everybody = _each_once([_told(s, rows) for s, rows in zip(sources, sent, strict=True)])
    effects = [effect for rows in sent for effect in rows]
    pools = pool_estimates(effects, tau2=tau2, ci=ci)
    made = [pool for pool in pools if pool.pooled]
    if not made:
        raise UsageError("pool: no analysis has an estimate from two hospitals. Nothing to pool.")
    files = {MARKER: csv_text([row for pool in pools for row in _rows(pool)], POOL_COLUMNS)}
    figures = [_figure(pool.rows, pool.pooled) for pool in made if pool.pooled]
    hospitals = tuple(dict.fromkeys(name for rows in sent for name in _hospitals(rows)))
    simulated = _simulated(sources, sent)
    html = _page(everybody, hospitals, pools, figures, simulated)
    files |= {"forest.svg": figures[0], "report.html": html}
    write_result(
        out,
        files,
        marker=MARKER,
        command="pool",
        inputs=[aggregate_file(source) for source in sources],
        options={"tau2": tau2, "ci": ci},
    )
    return PoolSummary(str(out), hospitals, len(made), len(pools) - len(made), tuple(sorted(files)))


def _hospitals(rows: Sequence[HospitalEffect]) -> list[str]:
    """The hospitals of a file; its answer may be of all of them together, under one name."""
    single = [row.hospital_id for row in rows if row.role != "primary"]
    return single or [row.hospital_id for row in rows]


def _told(source: Path, rows: Sequence[HospitalEffect]) -> set[str]:
    """Every hospital that is in what was sent, also those of which no estimate is shown."""
    told = manifest(released(source))
    worked = {str(name) for name in told.get("hospitals") or ()}
    return {*_hospitals(rows), *worked} - {str(n) for n in told.get("dropped_hospitals") or ()}


def _simulated(sources: Sequence[Path], sent: Sequence[Sequence[HospitalEffect]]) -> str:
    """What was sent of synthetic data, as the manifests beside it say; nothing where none was."""
    made = [is_simulated(source) for source in sources]
    if all(made):
        return "What was sent was simulated. No number below is about a real patient."
    named = [name for rows, one in zip(sent, made, strict=True) if one for name in _hospitals(rows)]
    whose = ", ".join(dict.fromkeys(named))
    return f"What {whose} sent was simulated: no pool with it is about patients." if named else ""


def _each_once(sent: Sequence[set[str]]) -> set[str]:
    """All hospitals; UsageError where the people of one are in what two have sent."""
    seen: set[str] = set()
    for names in sent:
        if shared := sorted(seen & names):
            raise UsageError(
                f"pool: hospital {', '.join(shared)} comes twice. Give each hospital once."
            )
        seen |= names
    return seen


def _rows(pool: AnalysisPool) -> list[Row]:
    """pool.csv of one analysis: hospitals, random, common, then the pools without each hospital."""
    first = pool.rows[0]
    key = {name: getattr(first, name) for name in (*KEY, "event_label")}
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
    said = key | {"role": first.role, "note": "; ".join(warnings_of(pool.rows))}
    rows += [pooled_row(fit) | said | _risks(pool.rows, fit) | {"row": name} for name, fit in named]
    rows += [
        (pooled_row(fit) | said if fit else said | {"note": "fewer than two left"})
        | {"row": f"without {name}"}
        for name, fit in without
    ]
    return rows


def warnings_of(rows: Sequence[HospitalEffect]) -> list[str]:
    """What the hospitals' estimates say of themselves: once what all say, else who says it."""
    told: dict[str, list[str]] = {}
    for row in rows:
        for note in filter(None, row.note.split("; ")):
            told.setdefault(note, []).append(row.hospital_id)
    everybody = len({row.hospital_id for row in rows})
    return [
        note if len(names) == everybody else f"{', '.join(names)}: {note}"
        for note, names in told.items()
    ]


def _risks(rows: Sequence[HospitalEffect], fit: Pooled) -> dict[str, object]:
    """The risk of each arm by the weights of the pool, whose difference is the pooled one."""
    if rows[0].measure != "RD":
        return {}
    used = fit.weights > 0
    told = np.array([[getattr(row, name) for name in RISKS] for row in rows])
    risks = fit.weights[used] @ told[used]
    return dict(zip(RISKS, risks.tolist(), strict=True))


def _figure(rows: Sequence[HospitalEffect], pooled: HospitalPool) -> str:
    """The forest of one analysis."""
    cells = [
        tuple("–" if n is None else words.count(n) for n in (getattr(row, c) for c in _SHOWN))
        for row in rows
    ]
    columns, groups = ("Events", "Total") * 2, (("Exposed", 2), ("Control", 2))
    return hospital_forest(pooled, cells=cells, columns=columns, groups=groups)


def _page(
    everybody: Collection[str],
    hospitals: tuple[str, ...],
    pools: Sequence[AnalysisPool],
    figures: Sequence[str],
    simulated: str,
) -> str:
    """The page: each pooled analysis with its figure, then those that have no pool.

    `simulated`: what of it is of synthetic data.
    """
    made = [(pool.rows, pool.pooled) for pool in pools if pool.pooled]
    sections = [
        _section(rows, pooled) | {"figure": inline(figure, f"analysis-{number}")}
        for number, ((rows, pooled), figure) in enumerate(zip(made, figures, strict=True), 1)
    ]
    return render(
        "pool.html",
        title=f"{how_many(everybody)} hospitals pooled",
        simulated=simulated,
        immortal=any(words.immortal(row.note) for rows, _ in made for row in rows),
        hospitals=hospitals,
        protocols=protocols_of(pools),
        sections=sections,
        missing=[(", ".join(pool.rows[0].key), pool.note) for pool in pools if not pool.pooled],
    )


def protocols_of(pools: Sequence[AnalysisPool]) -> list[tuple[str, str]]:
    """Hospitals and the protocol that each declared, where these are not one and the same."""
    told = {row.hospital_id: row.protocol_hash for pool in pools for row in pool.rows}
    if len(set(told.values()) - {""}) < 2:
        return []
    return [(name, one[:12] or "not said") for name, one in told.items()]


def _section(rows: Sequence[HospitalEffect], pooled: HospitalPool) -> dict[str, object]:
    """One analysis in the report, named by its first row; the declared answer with its warnings."""
    first = rows[0]
    answer = "the declared answer" if first.role == "primary" else ""
    parts = (first.outcome, first.contrast, first.analysis, answer)
    return {
        "title": ", ".join(part for part in parts if part),
        "event": first.event_label,
        "model": first.model,
        "notes": (*pooled.notes, *warnings_of(rows)),
        "without": [
            (name, words.interval(fit.estimate, fit.lo, fit.hi) if fit else "not estimable")
            for name, fit in zip(pooled.hospitals, pooled.leave_one_out, strict=True)
        ],
    }
