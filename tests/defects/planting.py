"""One kind planted in a small extract, gated hospital by hospital, beside the same one clean."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ehrivig import extract, study, validate
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError
from ehrivig.runs import hospital
from ehrivig.study import Study
from ehrivig.validate import Check, hospitals
from ehrivig.validate import suite as suites
from ehrivig.validate.network import Network, expected_hospitals
from ehrivig.validate.result import HospitalResult

PATIENTS, HOSPITALS = 600, 3


@dataclass(frozen=True)
class Gated:
    """What the gate made of some hospitals of an extract.

    `refused`: messages of hospitals that cannot be read; `rejected`: (hospital, table, reason) ->
    rows in quarantine, or rows of which one value is.
    """

    checks: list[Check]
    rejected: Counter[tuple[str, str, str]]
    refused: list[str]

    def spoken(self) -> set[tuple[str, str]]:
        """(hospital, check) that did not pass."""
        return {(c.hospital_id, c.check) for c in self.checks if c.verdict != "pass"}


def plant(folder: Path, name: str, patients: int = PATIENTS) -> tuple[Path, pl.DataFrame]:
    """An extract with one kind of defect ("none": clean), and the list of what was planted."""
    target = folder / name
    write_demo(target, patients=patients, hospitals=HOSPITALS, defects=name)
    return target, pl.read_csv(target / "_truth" / "defects.csv")


def gate(root: Path, plan: Study, work: Path, wanted: Iterable[str] | None = None) -> Gated:
    """The gate over the hospitals that are wanted (all unless named), without report pages."""
    try:
        source = extract.inspect(root, plan)
    except ExtractError as error:
        return Gated([], Counter(), [str(error)])
    results, refused, unreadable = [], [], []
    for hospital_id in wanted or source.hospitals:
        try:
            results.append(
                hospital.process(
                    source, hospital_id, plan, work / hospital_id, threads=1, gate_only=True
                )
            )
        except ExtractError as error:
            refused.append(str(error))
            unreadable.append(hospital_id)
    measured = [m for result in results for m in result.measurements]
    measured += _together(plan, root, source.hospitals, results)
    return Gated(validate.judge(measured, plan), _rejected(results), refused)


def _together(
    plan: Study, root: Path, there: Iterable[str], results: list[HospitalResult]
) -> list[validate.Measurement]:
    """The measurements that belong to no hospital."""
    unread = sorted(set(there) - {result.hospital_id for result in results})
    if not results:
        return []
    return hospitals.measure(Network(plan, expected_hospitals(plan, root), results, unread, []))


def _rejected(results: list[HospitalResult]) -> Counter[tuple[str, str, str]]:
    """(hospital, table, reason) -> rows set aside whole, or with one value set aside."""
    found: Counter[tuple[str, str, str]] = Counter()
    for result in results:
        for path in sorted((Path(result.folder) / "quarantine").rglob("*.parquet")):
            reasons = pl.read_parquet(path, columns=["reason"])["reason"].str.split(";").explode()
            for reason, rows in reasons.value_counts().iter_rows():
                found[result.hospital_id, path.stem, str(reason).strip()] += rows
    return found


def study_of(root: Path, name: str = "") -> Study:
    """The packaged study; with the mistake that a kind is about, where it is one of the study."""
    plan = study.load("ivig_covid19")
    if name == "no_time_zone":  # the packaged study names one for hospitals that do not
        return plan.model_copy(
            update={"extract": plan.extract.model_copy(update={"timezone": None})}
        )
    fragment = root / "_truth" / "post_baseline_covariate.toml"
    if not fragment.is_file():
        return plan
    keys = tomllib.loads(fragment.read_text(encoding="utf-8"))["match"]
    return plan.model_copy(update={"match": plan.match.model_copy(update=keys)})


def declared() -> dict[str, suites.Declared]:
    """Check -> its declaration."""
    return suites.by_check()
