"""Which tests concern a mutation, the cheapest first."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.mutants.instrument import functions
from tests.mutants.mutation import Mutation
from tests.mutants.record import Record


class Choice:
    """`record` says which test runs what; `seconds` is what the tests of one mutation may cost."""

    def __init__(self, root: Path, record: Record, seconds: float) -> None:
        self._record, self._seconds = record, seconds
        self._of_file: dict[str, set[str]] = defaultdict(set)
        for key, tests in record.hits.items():
            self._of_file[key.partition("::")[0]] |= tests
        self._mentions = _mentions(root)

    def tests(self, mutation: Mutation) -> list[str]:
        """First the tests that run what is changed, then those that run anything of its file."""
        direct = self._direct(mutation)
        near = self._of_file[mutation.path] - direct
        return self._afforded([self._sorted(direct), self._sorted(near)])

    def seconds(self, tests: Iterable[str]) -> float:
        """What the tests cost together."""
        paid: set[str] = set()
        total = 0.0
        for test in tests:
            total += self._record.cost(test, paid)
            paid |= set(self._record.tests[test]["fixtures"])
        return total

    def _direct(self, mutation: Mutation) -> set[str]:
        hits = self._record.hits
        if mutation.path.endswith(".sql"):
            return set(hits.get(mutation.path, ()))
        if mutation.scope:
            return set(hits.get(f"{mutation.path}::{mutation.scope}", ()))
        users = [self._mentions[name] for name in mutation.names[:1]]
        return {test for keys in users for key in keys for test in hits.get(key, ())}

    def _sorted(self, tests: set[str]) -> list[str]:
        return sorted(tests, key=lambda test: (self._record.cost(test, set()), test))

    def _afforded(self, groups: list[list[str]]) -> list[str]:
        """The tests in order, as long as their sum stays within the limit; at least one."""
        chosen: list[str] = []
        paid: set[str] = set()
        left = self._seconds
        for test in (test for group in groups for test in group):
            cost = self._record.cost(test, paid)
            if cost > left and chosen:
                continue
            left -= cost
            paid |= set(self._record.tests[test]["fixtures"])
            chosen.append(test)
        return chosen


def _mentions(root: Path) -> dict[str, set[str]]:
    """Name -> the functions in which it occurs, as "path::function"."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in root.glob("ehrivig/**/*.py"):
        place = path.relative_to(root).as_posix()
        for name, node in functions(ast.parse(path.read_text(encoding="utf-8"))):
            for inner in ast.walk(node):
                word = inner.id if isinstance(inner, ast.Name) else getattr(inner, "attr", None)
                if isinstance(word, str):
                    found[word].add(f"{place}::{name}")
    return found
