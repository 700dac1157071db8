"""Mutations as hospitals of one network: what becomes of each beside the clean hospital."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from . import patients
from .mutation import Mutation
from .patients import Clean
from .trial import Seen, Stopped, attempt
from .verdict import Verdict, judge

TOGETHER = 60
"""Mutated hospitals of one network."""


class Trials:
    """Mutations of one layout, tried in a folder of their own."""

    def __init__(self, clean: Clean, folder: Path) -> None:
        self.clean, self.folder = clean, folder
        self._plain: Seen | None = None

    def verdicts(self, mutations: Sequence[Mutation]) -> Iterator[Verdict]:
        """The verdict on each mutation; those that need an extract of their own come last."""
        together = [one for one in mutations if not one.alone]
        for begin in range(0, len(together), TOGETHER):
            yield from self._of_group(together[begin : begin + TOGETHER])
        for one in mutations:
            if one.alone:
                yield self._alone(one)

    def _of_group(self, group: Sequence[Mutation]) -> list[Verdict]:
        """Mutated hospitals side by side; apart where the network ends as a whole."""
        try:
            seen = self._together(group)
        except Stopped as stopped:
            if len(group) == 1:
                return [judge(group[0], stopped.seen, stopped.seen)]
            half = len(group) // 2
            return [v for part in (group[:half], group[half:]) for v in self._of_group(part)]
        named = [(self.clean.name(number), one) for number, one in enumerate(group, start=1)]
        return [judge(one, seen[self.clean.name(0)], seen[name]) for name, one in named]

    def _together(self, group: Sequence[Mutation]) -> dict[str, Seen]:
        copies = {0: self.clean.copy(0)}
        for number, one in enumerate(group, start=1):
            frames = self.clean.copy(number)
            changed = {one.table: one.change(frames[one.table])} if one.change else {}
            copies[number] = frames | changed
        extract = self._emptied()
        self.clean.write(extract, copies)
        for number, one in enumerate(group, start=1):
            if one.files:
                one.files(extract / one.table / f"hospital_id={self.clean.name(number)}")
        return self._attempt(range(len(copies)))

    def _alone(self, one: Mutation) -> Verdict:
        """A whole extract that is mutated, of the clean hospital and its company."""
        if self._plain is None:
            self.clean.write(self._emptied(), {0: self.clean.copy(0)})
            self._plain = self._attempt([0])[self.clean.name(0)]
        extract = self._emptied()
        self.clean.write(extract, {0: self.clean.copy(0)})
        path = extract / one.table
        if one.change:
            path = path.with_suffix(".parquet")
            one.change(pl.read_parquet(path)).write_parquet(path)
        if one.files:
            one.files(path if path.exists() else path.with_suffix(".parquet"))
        try:
            return judge(one, self._plain, self._attempt([0])[self.clean.name(0)])
        except Stopped as stopped:
            return judge(one, stopped.seen, stopped.seen)

    def _emptied(self) -> Path:
        return emptied(self.folder / "extract")

    def _attempt(self, numbers: Sequence[int]) -> dict[str, Seen]:
        plan = patients.plan(self.clean, numbers)
        return attempt(self.folder / "extract", plan, self.folder / "out")


def emptied(folder: Path) -> Path:
    """A folder that is not there any more."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder
