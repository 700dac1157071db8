"""One kind planted in a small extract, whose hospitals are gated, beside the same one clean."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from ehrivig import extract, study, validate
from ehrivig.demo import DEFECTS, generate, write_demo
from ehrivig.demo.build import CLEAN
from ehrivig.demo.defects import HOSPITAL_WIDE
from ehrivig.demo.generate import Plan
from ehrivig.errors import ExtractError
from ehrivig.runs import batch, datasets, task
from ehrivig.study import Study
from ehrivig.validate import Check, hospitals
from ehrivig.validate import suite as suites
from ehrivig.validate.network import Network, expected_hospitals
from ehrivig.validate.result import HospitalResult, results

PATIENTS, HOSPITALS, SEED = 600, 3, 20200301


@dataclass(frozen=True)
class Gated:
    """What the gate made of some hospitals of an extract.

    `refused`: messages of hospitals that cannot be read; `rejected`: (hospital, table, reason) ->
    rows in quarantine, or rows of which one value is.
    """

    checks: list[Check]
    rejected: Counter[tuple[str, str, str]]
    refused: list[str]

    def of(self, hospital: str) -> Gated:
        """What was made of one hospital, which is then called A."""
        own = [c for c in self.checks if c.hospital_id == hospital]
        rejected = {key: n for key, n in self.rejected.items() if key[0] == hospital}
        return Gated(
            [replace(check, hospital_id="A") for check in own],
            Counter({("A", table, why): n for (_, table, why), n in rejected.items()}),
            self.refused,
        )

    def spoken(self) -> set[tuple[str, str]]:
        """(hospital, check) that did not pass."""
        return {(c.hospital_id, c.check) for c in self.checks if c.verdict != "pass"}


Planted = tuple[pl.DataFrame, Gated]


def plant(folder: Path, name: str, patients: int = PATIENTS) -> tuple[Path, pl.DataFrame]:
    """An extract with one kind of defect ("none": clean), and the list of what was planted."""
    target = folder / name
    write_demo(target, patients=patients, hospitals=HOSPITALS, defects=name)
    return target, pl.read_csv(target / "_truth" / "defects.csv")


def plant_together(
    folder: Path, names: tuple[str, ...], patients: int = PATIENTS
) -> tuple[Path, pl.DataFrame]:
    """An extract with several kinds of wrong rows, and the list of what was planted."""
    target = folder / "-".join(names)[:100]
    plan = Plan(patients, HOSPITALS, SEED, 0.0, CLEAN, names, "together", 25_000)
    generate.write_extract(target, plan, lambda message: None)
    return target, pl.read_csv(target / "_truth" / "defects.csv")


def apart(folder: Path, patients: int = PATIENTS) -> list[tuple[str, ...]]:
    """Kinds of wrong rows in groups of which no two plant into the same table.

    Not those of a whole hospital: they change what the others are measured by. Patients and
    admissions count as one table, for what is wrong with a death shows in both.
    """
    names = [
        kind.name
        for kind in DEFECTS
        if kind.name in generate.ROW_PLANTERS and kind.name not in HOSPITAL_WIDE
    ]
    _, listed = plant_together(folder, tuple(names), patients)
    groups: list[tuple[list[str], set[str]]] = []
    for name in names:
        own = listed.filter(pl.col("name") == name)["table"]
        tables = {"person" if table in ("patient", "admission") else table for table in own}
        for members, taken in groups:
            if not tables & taken:
                members.append(name)
                taken |= tables
                break
        else:
            groups.append(([name], tables))
    return [tuple(members) for members, _ in groups]


def gate_network(folder: Path, groups: list[tuple[str, ...]], patients: int) -> list[Planted]:
    """What was planted with each group of kinds, and what the gate made of it.

    Hospital A of every group is a hospital of one network, and is called A in what is found.
    """
    root, listed = folder / "network", []
    for number, names in enumerate(groups):
        apart, planted = plant_together(folder, names, patients)
        _move(apart, root, _called(number))
        listed.append(planted.filter(pl.col("hospital_id") == "A"))
    shutil.copy(folder / "none" / "extract.json", root)
    facts = json.loads((root / "extract.json").read_text(encoding="utf-8"))
    facts["hospitals"] = [_called(number) for number in range(len(groups))]
    (root / "extract.json").write_text(json.dumps(facts), encoding="utf-8")
    found = gate(root, study_of(root), folder / "work" / "network")
    return [(planted, found.of(_called(number))) for number, planted in enumerate(listed)]


def _called(number: int) -> str:
    return f"N{number:02}"


def _move(extract: Path, root: Path, name: str) -> None:
    """Let hospital A of an extract be one of another, under a name."""
    for part in extract.glob("[a-z]*/hospital_id=A"):
        place = root / part.parent.name / f"hospital_id={name}"
        place.parent.mkdir(parents=True, exist_ok=True)
        part.rename(place)
        for path in place.glob("*.parquet"):
            rows = pl.read_parquet(path, hive_partitioning=False)
            if "hospital_id" in rows.columns:
                rows.with_columns(hospital_id=pl.lit(name)).write_parquet(path)


def gate(root: Path, plan: Study, work: Path, wanted: Iterable[str] | None = None) -> Gated:
    """The gate over the hospitals that are wanted (all unless named), without report pages."""
    try:
        source = extract.inspect(root, plan)
    except ExtractError as error:
        return Gated([], Counter(), [str(error)])
    names = tuple(wanted or source.hospitals)
    made = task.perform(
        task.Task(source, names, plan, work / "batch", gate_only=True, keep=True, threads=1)
    )
    gated = _put_together(made, work)
    measured = [m for result in gated for m in result.measurements]
    measured += _over_hospitals(plan, root, source.hospitals, gated, work)
    refused = [str(error) for error in made.unreadable.values()]
    return Gated(validate.judge(measured, plan), _rejected(work), refused)


def _put_together(made: task.Outcome, work: Path) -> list[HospitalResult]:
    """The datasets of all hospitals that can be read, and what their gates found."""
    parts = [datasets.Part(one.folder, frozenset(one.hospitals)) for one in made.results]
    if not parts:
        return []
    datasets.write(work, parts)
    measured, spent = (
        pl.read_parquet(datasets.place(work, name)) for name in (batch.MEASUREMENTS, batch.ROWS)
    )
    return results(measured, spent)


def _over_hospitals(
    plan: Study, root: Path, there: Iterable[str], gated: list[HospitalResult], work: Path
) -> list[validate.Measurement]:
    """The measurements that belong to no hospital."""
    unread = sorted(set(there) - {result.hospital_id for result in gated})
    if not gated:
        return []
    network = Network(
        plan,
        expected_hospitals(plan, root),
        gated,
        unread,
        [],
        lambda name, names: datasets.scan(work, name, names),
    )
    return hospitals.measure(network)


def _rejected(work: Path) -> Counter[tuple[str, str, str]]:
    """(hospital, table, reason) -> rows set aside whole, or with one value set aside."""
    found: Counter[tuple[str, str, str]] = Counter()
    for path in sorted((work / "quarantine").rglob("*.parquet")):
        rows = pl.read_parquet(path, columns=["hospital_id", "reason"])
        reasons = rows.with_columns(pl.col("reason").str.split(";")).explode("reason")
        for hospital_id, reason in reasons.iter_rows():
            found[hospital_id, path.stem, str(reason).strip()] += 1
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
