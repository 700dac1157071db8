"""One mutation at work in a copy of the checkout: does a test fail?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants import checkout
from tests.mutants.mutation import Mutation

_FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.M)
_WORDS = ("-q", "-x", "--tb=no", "-m", "not slow")
_PASSED = 0


@dataclass(frozen=True)
class Verdict:
    """`killed` by a test (`by` names it), or survived (`by` says how many tests saw it)."""

    mutation: Mutation
    killed: bool
    by: str


@dataclass
class Trials:
    """Tries mutations; `sound` are the tests known to pass alone without any."""

    sound: set[str] = field(default_factory=set)
    unsound: set[str] = field(default_factory=set)

    def judge(self, mutation: Mutation, folder: Path, tests: list[str], seconds: float) -> Verdict:
        """Run the tests on the changed copy, which is as before afterwards.

        A test that fails without the mutation too says nothing, and is left out.
        """
        wanted = [test for test in tests if not self._is_unsound(test)]
        if not wanted:
            return Verdict(mutation, False, "no test runs it")
        limit = 6 * seconds + 120
        code, output = _changed(mutation, folder, wanted, limit)
        if code is None:  # or the machine is so busy that nothing ends
            plain, _ = checkout.pytest(folder, *_WORDS, *wanted, seconds=limit)
            by = "out of time" if plain is None else "does not end"
            return Verdict(mutation, plain is not None, by)
        if code == _PASSED:
            self.sound |= set(wanted)
            return Verdict(mutation, False, f"{len(wanted)} test(s) passed")
        failed = _FAILED.search(output)
        if failed is None:
            raise RuntimeError(f"pytest said neither passed nor failed: {output[-2000:]}")
        if self._passes(failed.group(1), folder):
            return Verdict(mutation, True, failed.group(1))
        return self.judge(mutation, folder, wanted, seconds)

    def _is_unsound(self, test: str) -> bool:
        return test in self.unsound or test.partition("::")[0] in self.unsound

    def _passes(self, test: str, folder: Path) -> bool:
        """Whether a test (or the import of its file) is right without a mutation."""
        if test not in self.sound | self.unsound:
            words = _WORDS if "::" in test else ("--collect-only", "-q")
            code, _ = checkout.pytest(folder, *words, test)
            (self.sound if code == _PASSED else self.unsound).add(test)
        return test in self.sound


def _changed(
    mutation: Mutation, folder: Path, tests: list[str], seconds: float
) -> tuple[int | None, str]:
    """What pytest says of the changed copy."""
    path = folder / mutation.path
    before = path.read_bytes()
    path.write_bytes(mutation.apply(before))
    try:
        return checkout.pytest(folder, *_WORDS, *tests, seconds=seconds)
    finally:
        path.write_bytes(before)
