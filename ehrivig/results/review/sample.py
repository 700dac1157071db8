"""Whose charts are read: so many of each arm with and without the outcome, and of those left out.

Deterministic: people stand in the order of a hash of seed and ids, so that the same run and seed
give the same sample on every machine, and a filled workbook needs no key beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.results.run import Run
from ehrivig.study.registries import CRITERIA

KEY = ("hospital_id", "admission_id")
OUTSIDE = "outside"
_CLINICAL = ("severity", "any_of")
"""Rules of criteria that a chart can contradict."""
_OUTSIDE_SHARE = 5
"""One of so many charts is of somebody who was left out at the last clinical criterion."""


@dataclass(frozen=True)
class Stratum:
    """People alike in what the run says of them, and those of them whose charts are read.

    `exposed`, `outcome`: as the run has them (None: unknown, or not asked of who is outside).
    """

    name: str
    size: int
    chosen: tuple[tuple[str, str], ...]
    exposed: bool | None = None
    outcome: bool | None = None

    @property
    def inside(self) -> bool:
        """Whether they are of the cohort."""
        return self.name != OUTSIDE


@dataclass(frozen=True)
class Sample:
    """The charts to be read, in a random order that tells nothing of them.

    `outcome`: the primary outcome; `definition`: the last clinical criterion in words, which who
    is outside did not meet (empty: the study has none).
    """

    strata: tuple[Stratum, ...]
    seed: int
    size: int
    outcome: str
    definition: str

    @property
    def charts(self) -> list[tuple[str, str]]:
        """Hospital and admission of every chart."""
        every = [one for stratum in self.strata for one in stratum.chosen]
        return sorted(every, key=lambda key: _place(self.seed, "order", *key))

    @property
    def digest(self) -> str:
        """SHA-256 of seed and charts."""
        text = "\n".join(f"{h}\t{a}" for h, a in self.charts)
        return hashlib.sha256(f"{self.seed}\n{text}".encode()).hexdigest()


def draw(run: Run, size: int, seed: int | None = None) -> Sample:
    """A sample of a run's admissions.

    A fifth are of those left out at the last clinical criterion; the others in equal parts of each
    arm with, without and of unknown outcome, as far as there are any. Raises UsageError for a run
    that keeps nobody, or whose cohort is empty.
    """
    if size < 1:
        raise UsageError("review: --sample must be 1 or more.")
    study: Mapping[str, Any] = run.manifest.get("study_file") or {}
    if not (run.folder / "analysis.parquet").is_file() or not study:
        raise UsageError(
            f"review: {run.folder.name!r} keeps no people with exposure and outcome "
            "(--aggregate-only, a release, a check, blocked by the gate, or nobody in the cohort). "
            "Ask where a run lies."
        )
    chosen_seed = int(study["study"]["seed"]) if seed is None else seed
    outcome = str(study["outcomes"]["primary"])
    people = run.analysis
    if people.schema.get(outcome) != pl.Boolean:
        raise UsageError(
            f"review: the primary outcome {outcome} is no yes or no: no chart says it."
        )
    pools = {}
    for exposed in (True, False):
        for answer in (True, False, None):
            alike = people.filter(
                pl.col("exposed") == exposed, pl.col(outcome).eq_missing(pl.lit(answer))
            )
            pools[exposed, answer] = _keys(alike)
    if people.is_empty():
        raise UsageError(
            f"review: nobody is in the cohort of {run.folder.name!r}: no chart to read."
        )
    label, left_out = _left_out(run, study)
    outside = min(len(left_out), size // _OUTSIDE_SHARE)
    numbers = _shared({key: len(pool) for key, pool in pools.items()}, size - outside)
    strata = [
        Stratum(
            f"{'exposed' if exposed else 'not exposed'}, outcome {_WORDS[answer]}",
            len(pool),
            _first(pool, chosen_seed, numbers[exposed, answer]),
            exposed,
            answer,
        )
        for (exposed, answer), pool in pools.items()
        if pool
    ]
    if left_out:
        strata.append(Stratum(OUTSIDE, len(left_out), _first(left_out, chosen_seed, outside)))
    return Sample(tuple(strata), chosen_seed, size, outcome, label)


_WORDS = {True: "yes", False: "no", None: "unknown"}


def _left_out(run: Run, study: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """The last clinical criterion, and who met all before it and not this one."""
    criteria = study["cohort"]["criteria"]
    clinical = [place for place, one in enumerate(criteria) if one["rule"] in _CLINICAL]
    place = run.folder / "hospitals"
    if not clinical or not (place / "criterion.parquet").is_file():
        return "", []
    dropped = run.manifest.get("dropped_hospitals") or []
    kept = ~pl.col("hospital_id").cast(pl.String).is_in(dropped)
    stays = pl.scan_parquet(place / "screened.parquet").filter(kept)
    left = stays.select(*KEY, "person_id", "admitted_at").collect()
    for one in criteria[: clinical[-1]]:
        left = _met(place, left, one)
    last = criteria[clinical[-1]]
    out = left.join(_met(place, left, last), on=KEY, how="anti")
    return str(last["label"]), _keys(out)


def _met(place: Path, left: pl.DataFrame, criterion: Mapping[str, Any]) -> pl.DataFrame:
    """Those of some stays that meet a criterion, as `ehrivig.cohort.select` has it."""
    if CRITERIA[criterion["rule"]].network:
        first = left.sort("admitted_at", *KEY)
        return first.unique("person_id", keep="first", maintain_order=True)
    named = (pl.col("name") == criterion["name"]) & pl.col("met")
    met = pl.scan_parquet(place / "criterion.parquet").filter(named)
    return left.join(met.select(KEY).collect(), on=KEY, how="semi")


def _keys(people: pl.DataFrame) -> list[tuple[str, str]]:
    return [(str(h), str(a)) for h, a in people.select(KEY).iter_rows()]


def _shared(sizes: Mapping[Any, int], total: int) -> dict[Any, int]:
    """How many of each pool: equal parts, and what a small pool leaves goes to the others."""
    given = dict.fromkeys(sizes, 0)
    while total > 0 and (open_ := [key for key, n in sizes.items() if n > given[key]]):
        for key in open_[:total]:
            given[key] += 1
        total -= len(open_[:total])
    return given


def _first(pool: list[tuple[str, str]], seed: int, number: int) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pool, key=lambda key: _place(seed, "sample", *key))[:number])


def _place(seed: int, use: str, hospital: str, admission: str) -> str:
    """Where somebody stands in a random order."""
    text = f"{seed}\t{use}\t{hospital}\t{admission}"
    return hashlib.sha256(text.encode()).hexdigest()
