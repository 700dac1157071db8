"""Writes the hospitals one after another, each in blocks of patients, and keeps the totals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ehrivig.demo import (
    build,
    defects,
    dose_effect,
    plant_files,
    plant_medication,
    plant_results,
    plant_stays,
    stays,
    untidiness,
    write,
)
from ehrivig.demo.block_rows import Bench
from ehrivig.demo.build import Built, Mess
from ehrivig.demo.defects import Planted, planted
from ehrivig.demo.sites import Counters, Part, parts, sites

Progress = Callable[[str], None]
EXTRACT_DATE = "2020-06-30"
ROW_PLANTERS: dict[str, Callable[[Bench], None]] = {
    **plant_medication.PLANTERS,
    **plant_results.PLANTERS,
    **plant_stays.PLANTERS,
}


@dataclass(frozen=True)
class Plan:
    """What is to be written."""

    patients: int
    hospitals: int
    seed: int
    effect_log_or: float
    mess: Mess
    kinds: tuple[str, ...]
    defects: str
    block: int
    study: str | None = None
    dose_log_hr: float | None = None


@dataclass
class Totals:
    """What was written so far."""

    counts: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    effect: stays.Effect = field(default_factory=stays.Effect)
    log: list[Planted] = field(default_factory=list)

    def add(self, truth: pl.DataFrame) -> None:
        """Count one block of the truth."""
        cohort, exposed = pl.col("in_cohort"), pl.col("exposed")
        dead = cohort & pl.col("death_28d")
        counts = truth.select(
            admissions=pl.len(),
            confirmed=pl.col("index").sum(),
            cohort=cohort.sum(),
            exposed=(cohort & exposed).sum(),
            deaths_exposed=(dead & exposed).sum(),
            deaths_control=(dead & ~exposed).sum(),
        )
        self.counts.update(counts.row(0, named=True))


def write_extract(root: Path, plan: Plan, progress: Progress) -> Totals:
    """Write the whole extract into an empty folder."""
    totals = Totals()
    truth_folder = root / "_truth"
    truth_folder.mkdir(parents=True)
    writer: pq.ParquetWriter | None = None
    incoming: pl.DataFrame | None = None
    try:
        for hospital in _by_hospital(plan):
            counters = Counters()
            outgoing: list[pl.DataFrame] = []
            for part, base in _blocks(plan, hospital, incoming, outgoing, totals):
                progress(f"hospital {part.site.hospital_id}, block {part.number + 1}")
                truth = write.arrow(_write_block(root, plan, part, base, counters, totals))
                writer = writer or _truth_writer(truth_folder, truth.schema)
                writer.write_table(truth)
            incoming = pl.concat(outgoing, how="diagonal") if outgoing else None
            totals.rows.update(counters.rows)
    finally:
        if writer is not None:
            writer.close()
    _write_descriptions(root, plan, totals)
    return totals


def _by_hospital(plan: Plan) -> list[list[Part]]:
    everything = parts(plan.patients, plan.hospitals, plan.seed, plan.block)
    return [
        [part for part in everything if part.site.index == index] for index in range(plan.hospitals)
    ]


def _truth_writer(folder: Path, schema: pa.Schema) -> pq.ParquetWriter:
    path = folder / "admission.parquet"
    return pq.ParquetWriter(path, schema, compression="zstd", store_schema=False)


def _blocks(
    plan: Plan,
    hospital: list[Part],
    incoming: pl.DataFrame | None,
    outgoing: list[pl.DataFrame],
    totals: Totals,
) -> Iterator[tuple[Part, pl.DataFrame]]:
    """The blocks of a hospital; then those transferred to it. Fills `outgoing` on the way."""
    last = hospital[-1].site.index == plan.hospitals - 1
    for part in hospital:
        base, effect = stays.index_stays(part, plan.effect_log_or, plan.dose_log_hr)
        totals.effect += effect
        if plan.mess.transfers and not last:
            base, leaving = stays.transfers(part, base)
            outgoing.append(leaving)
        if plan.mess.readmissions:
            again = stays.readmissions(part, base)
            totals.log += _noted(27, "admission", part, again.height)
            base = pl.concat([base, again], how="diagonal")
        yield part, base
    if incoming is not None and incoming.height:
        end = Part(hospital[0].site, len(hospital), plan.seed, ((0, 0),) * 6)
        totals.log += _noted(26, "admission", end, incoming.height)
        yield end, incoming.with_columns(pl.Series("member", np.arange(incoming.height)))


def _write_block(
    root: Path, plan: Plan, part: Part, base: pl.DataFrame, counters: Counters, totals: Totals
) -> pl.DataFrame:
    """Build, spoil and write one block; returns its truth."""
    built = build.build(part, build.numbered(base, counters), plan.mess, plan.study)
    totals.log += _usual(part, built, plan.mess)
    tables = _spoiled(plan, part, built, totals)
    for name, frame in build.finished(tables, counters).items():
        write.write_table(root, name, part.site.hospital_id, part.number, frame)
    totals.add(built.truth)
    return built.truth


def _usual(part: Part, built: Built, untidiness: Mess) -> list[Planted]:
    """What the default untidiness put into a block while it was built."""
    log = []
    medication, admission = built.tables["medication"], built.tables["admission"]
    if untidiness.look_alikes:
        others = medication["drug_code"].is_in(["J06BB04", "J06BA01"])
        log += _noted(12, "medication", part, int(others.sum()))
    if untidiness.split_infusions:
        log += _noted(13, "medication", part, _split(built))
    if untidiness.without_weight:
        log += _noted(36, "admission", part, admission["weight_kg"].null_count())
    lost = int((~built.given.usable).sum())
    return log + _noted(defects.LOST_CONCENTRATION.number, "medication", part, lost)


def _split(built: Built) -> int:
    """Infusions that share their day with another, or run over midnight."""
    day = built.given.started // 1440
    frame = pl.DataFrame({"stay": built.given.stay, "day": day})
    shared = frame.select(pl.len().over("stay", "day") > 1).to_series().to_numpy()
    return int((shared | (built.given.stopped // 1440 > day)).sum())


def _noted(number: int, table: str, part: Part, rows: int) -> list[Planted]:
    return [planted(number, table, part.site.hospital_id, rows)] if rows else []


def _spoiled(plan: Plan, part: Part, built: Built, totals: Totals) -> build.Tables:
    """The tables with the untidiness and the defects that belong to this block."""
    bench = Bench(built.tables, part, part.rng("mess"), totals.log)
    if plan.mess.extra_rows:
        untidiness.untidy(bench)
    for name in plan.kinds:
        number = defects.BY_NAME[name].number
        wide = name in defects.HOSPITAL_WIDE
        here = part.site.index == defects.home(number, plan.hospitals)
        first = part.number == 0
        if name in ROW_PLANTERS and here and (first or wide):
            bench.rng = part.rng(name)
            ROW_PLANTERS[name](bench)
    return bench.tables


def _write_descriptions(root: Path, plan: Plan, totals: Totals) -> None:
    """extract.json, the planted file defects, `_truth/truth.json` and `_truth/defects.csv`."""
    extract = {
        "synthetic": True,
        "statement": "Simulated by ehrivig demo. No row describes a real person.",
        "layout": "native",
        "hospitals": [site.hospital_id for site in sites(plan.hospitals)],
        "extract_date": EXTRACT_DATE,
        "seed": plan.seed,
        "patients": plan.patients,
        "defects": plan.defects,
        **({"study": plan.study} if plan.study else {}),
    }
    _json(root / "extract.json", extract)
    for name in plan.kinds:
        if name in plant_files.PLANTERS:
            totals.log.append(plant_files.PLANTERS[name](root, plan.hospitals))
    _json(root / "_truth" / "truth.json", _truth(plan, totals))
    _planted_table(totals.log).write_csv(root / "_truth" / "defects.csv")


def _planted_table(log: list[Planted]) -> pl.DataFrame:
    """One row per kind, table and hospital."""
    schema = {one.name: pl.Int64 if one.type == "int" else pl.String for one in fields(Planted)}
    frame = pl.DataFrame([asdict(one) for one in log], schema=schema)
    keys = [name for name in frame.columns if name != "rows"]
    grouped = frame.group_by(keys).agg(pl.col("rows").sum()).select(frame.columns)
    return grouped.sort("number", "table", "hospital_id", "reason")


def _truth(plan: Plan, totals: Totals) -> dict[str, object]:
    """The content of truth.json."""
    effect, counts = totals.effect, dict(totals.counts)
    return {
        "statement": "All data are simulated; the effect below is true by construction.",
        "seed": plan.seed,
        "patients": plan.patients,
        "hospitals": plan.hospitals,
        "block": plan.block,
        "sizes": counts,
        "rows": dict(sorted(totals.rows.items())),
        "effect": _effect(plan, effect) if plan.dose_log_hr is None else _dose_effect(plan, effect),
        "bias": "patients who die before their planned first dose are seen as unexposed",
    }


def _effect(plan: Plan, effect: stays.Effect) -> dict[str, object]:
    return {
        "outcome": "death within 28 days of admission",
        "strategies": "start IVIG at the planned time if alive, against never",
        "conditional_log_odds_ratio": plan.effect_log_or,
        "conditional_on": "the covariates of the death model, and being alive at the start",
        "marginal_risk_difference": effect.difference / max(effect.patients, 1),
        "marginal_risk_difference_exposed": effect.difference_exposed / max(effect.exposed, 1),
    }


def _dose_effect(plan: Plan, effect: stays.Effect) -> dict[str, object]:
    """The effect of each day dosed, and the risk if everybody in hospital kept to a plan."""
    told = zip(dose_effect.PLANS, effect.plans, strict=True)
    return {
        "outcome": "death within 28 days of admission",
        "conditional_log_hazard_ratio_per_day_dosed": plan.dose_log_hr,
        "conditional_on": "the covariates of the death model, and being in the hospital",
        "acts": "from twelve hours after each dose on, on the hazard of dying in the hospital",
        "plans": [
            {
                "start_day": dose_effect.START_DAY if days else None,
                "days": days,
                "risk": total / max(effect.patients, 1),
            }
            for days, total in told
        ],
    }


def _json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
