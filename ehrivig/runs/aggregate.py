"""What a hospital may send instead of patients: its estimates, and nothing that points at a person.

`aggregate.csv` holds the hospital rows of the released `effects.csv`; `ehrivig pool DIR...` puts
the files of several networks together. With `--aggregate-only` a run keeps nothing but its release.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.meta.aggregates import RISKS, HospitalEffect, aggregate_text
from ehrivig.meta.hospitals import several
from ehrivig.report.answer import verdict
from ehrivig.store import cells
from ehrivig.study.protocol import FILE as PROTOCOL

_PREFIX = "hospital "
_COUNTS = ("n_exposed", "events_exposed", "n_control", "events_control")


def of_run(
    effects: pl.DataFrame, hospitals: Sequence[str] = (), warning: str = ""
) -> list[HospitalEffect]:
    """The estimate of each hospital of a run (analysis "hospital"), without those not shown.

    The declared answer of all its `hospitals` together stands first, with its `warning`.
    """
    return [*_answer(effects, hospitals, warning), *_of_hospitals(effects)]


def _answer(effects: pl.DataFrame, hospitals: Sequence[str], warning: str) -> list[HospitalEffect]:
    """The answer of a run, under the name of its hospitals together."""
    if not hospitals or "role" not in effects.columns:
        return []
    shown = pl.col("estimate").is_not_null() & pl.col("se").is_not_null()
    rows = effects.filter((pl.col("role") == "primary") & shown).to_dicts()
    found = [_effect(row | {"population": f"{_PREFIX}{several(hospitals)}"}) for row in rows]
    return [replace(one, note="; ".join(filter(None, (warning, one.note)))) for one in found]


def _of_hospitals(effects: pl.DataFrame) -> list[HospitalEffect]:
    rows = effects.filter(
        (pl.col("analysis") == "hospital")
        & pl.col("population").str.starts_with(_PREFIX)
        & pl.col("estimate").is_not_null()
    )
    return [_effect(row) for row in rows.iter_rows(named=True)]


def _effect(row: dict[str, Any]) -> HospitalEffect:
    texts = ("analysis", "contrast", "outcome", "event_label", "model", "measure")
    numbers = ("estimate", "lo", "hi", "se")
    values: dict[str, Any] = {name: str(row[name]) for name in texts}
    values |= {name: float(row[name]) for name in numbers}
    values |= {name: row[name] for name in _COUNTS}
    values |= {name: row.get(name) or "" for name in ("note", "role", "estimand")}
    values |= {name: math.nan if (risk := row.get(name)) is None else risk for name in RISKS}
    return HospitalEffect(hospital_id=row["population"].removeprefix(_PREFIX), **values)


def write(folder: Path) -> None:
    """Write `aggregate.csv` of a run that has hospital rows; nothing otherwise."""
    path = folder / "effects.csv"
    if not path.is_file():
        return
    effects = cells.read(path)
    found = _declared(folder, of_run(effects, _hospitals(folder), _warning(folder)))
    if found:
        (folder / "aggregate.csv").write_text(aggregate_text(found), encoding="utf-8")


def _declared(folder: Path, effects: list[HospitalEffect]) -> list[HospitalEffect]:
    """The estimates with the protocol that they were declared by, and the horizon of its answer."""
    path = folder / PROTOCOL
    if not path.is_file():
        return effects
    told = json.loads(path.read_text(encoding="utf-8"))
    asked, days = told["answer"]["outcome"], told["answer"]["horizon_days"]
    return [
        replace(
            one,
            protocol_hash=told["protocol_hash"],
            within_days=days if one.outcome == asked and days is not None else math.nan,
        )
        for one in effects
    ]


def _hospitals(folder: Path) -> list[str]:
    """The hospitals that the study ran on."""
    path = folder / "manifest.json"
    if not path.is_file():
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    return [name for name in content["hospitals"] if name not in content["dropped_hospitals"]]


def _warning(folder: Path) -> str:
    """What the head of the report says where a diagnostic fails, or none can be had of one."""
    path = folder / "diagnostics.csv"
    checks = pl.read_csv(path) if path.is_file() else pl.DataFrame()
    if checks.is_empty():
        return ""
    unknown = pl.col("verdict").is_in(["not assessed", "not shown"]) & pl.col("decides")
    doubtful = checks.filter((pl.col("verdict") == "fail") | unknown)
    return "" if doubtful.is_empty() else verdict(checks).rstrip(".")
