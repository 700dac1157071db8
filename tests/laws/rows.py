"""The data that the laws are tried on: generated patients, and public data sets."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent / "data"
NAMES = tuple(sorted(path.stem for path in DATA.glob("*.csv")))
KNOWN = ("event", "time", "status", "entry", "arm", "cluster")


@dataclass(frozen=True)
class Rows:
    """n people: event, arm (0/1), covariates x (n, p); time, status and entry of their follow-up.

    `cluster` (n,) are labels, `value` (n,) is a measurement, `weights` (n,) whole numbers.
    """

    event: np.ndarray
    arm: np.ndarray
    x: np.ndarray
    time: np.ndarray
    status: np.ndarray
    entry: np.ndarray
    cluster: np.ndarray
    value: np.ndarray
    weights: np.ndarray

    @property
    def n(self) -> int:
        return len(self.event)

    def take(self, rows: np.ndarray) -> Rows:
        """These rows, repeats included."""
        return Rows(**{name: column[rows] for name, column in vars(self).items()})

    def but(self, **columns: np.ndarray) -> Rows:
        """The same people with other columns."""
        return replace(self, **columns)

    @property
    def full(self) -> np.ndarray:
        """The arm and the covariates, (n, 1 + p)."""
        return np.column_stack([self.arm, self.x])

    @property
    def cells(self) -> tuple[int, int, int, int]:
        """Events and people of the exposed and of the controls."""
        on = self.arm == 1
        return (
            int(self.event[on].sum()),
            int(on.sum()),
            int(self.event[~on].sum()),
            int((~on).sum()),
        )

    def paired(self) -> tuple[Rows, np.ndarray]:
        """As many pairs as there are: the k-th exposed with the k-th control, and their labels."""
        on, off = np.flatnonzero(self.arm == 1), np.flatnonzero(self.arm == 0)
        m = min(len(on), len(off))
        return self.take(np.concatenate([on[:m], off[:m]])), np.tile(np.arange(m), 2)

    def pairs(self) -> tuple[int, int, int, int]:
        """Pairs with the event in both, in the exposed only, in the control only, in neither."""
        rows, _ = self.paired()
        e, c = np.split(rows.event.astype(int), 2)
        return tuple(int(v.sum()) for v in (e & c, e & ~c & 1, ~e & c & 1, (1 - e) & (1 - c)))  # type: ignore[return-value]


def completed(event: np.ndarray, arm: np.ndarray, x: np.ndarray, rng: Any, **given: Any) -> Rows:
    """Rows whose missing columns are made: a follow-up where there is none, clusters, a value."""
    n = len(event)
    drawn = np.round(rng.exponential(10, n) + 0.5, 2)
    time = np.maximum(given.get("time", drawn), 0.01)
    entry = given.get("entry", np.zeros(n))
    return Rows(
        event=event.astype(float),
        arm=arm.astype(float),
        x=x,
        time=time,
        status=given.get("status", np.where(event == 1, 1.0, rng.integers(0, 3, n) // 2 * 2.0)),
        entry=np.minimum(entry, time - 1e-3),
        cluster=given.get("cluster", np.arange(n) % 41),
        value=x[:, 0] + rng.normal(0, x[:, 0].std() + 0.1, n),
        weights=rng.integers(1, 4, n).astype(float),
    )


@cache
def generated(seed: int, n: int = 160) -> Rows:
    """Patients without any missing value: age, temperature and sodium, arm, event, follow-up."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(60, 12, n), rng.normal(37.4, 0.8, n), rng.normal(139, 4, n)])
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    arm = rng.random(n) < 1 / (1 + np.exp(-(z @ [0.4, 0.3, -0.2])))
    risk = z @ [0.5, 0.4, -0.2] - 0.4 * arm
    event = rng.random(n) < 1 / (1 + np.exp(-(risk - 0.3)))
    time = np.round(rng.exponential(12 * np.exp(-0.4 * risk)) + 0.5, 2)
    return completed(event, arm, x, rng, time=time)


def columns_of(path: Path) -> dict[str, np.ndarray]:
    """The columns of a data set by name."""
    with path.open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in table]) for key in table[0]}


@cache
def load(name: str) -> Rows:
    """A public data set, its covariates at most three."""
    columns = columns_of(DATA / f"{name}.csv")
    others = [key for key in columns if key not in KNOWN][:3]
    rng = np.random.default_rng(len(columns["event"]))
    noise = rng.normal(size=(len(columns["event"]), 1))
    x = np.column_stack([columns[key] for key in others]) if others else noise
    given = {key: columns[key] for key in ("time", "status", "entry", "cluster") if key in columns}
    return completed(columns["event"], columns["arm"], x, rng, **given)
