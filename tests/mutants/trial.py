"""One mutation at work in a copy of the checkout: does a test fail?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import checkout
from tests.mutants.mutation import Mutation

_FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.M)
_PASSED, _BROKEN = 0, 4  # pytest's exit codes; 1 and 2: a test, or an import, failed


@dataclass(frozen=True)
class Verdict:
    """`killed` by a test (`by` names it), or survived (`by` says how many tests saw it)."""

    mutation: Mutation
    killed: bool
    by: str


def judge(mutation: Mutation, folder: Path, tests: list[str], seconds: float) -> Verdict:
    """Run the tests on the changed copy, which is as before afterwards."""
    if not tests:
        return Verdict(mutation, False, "no test runs it")
    path = folder / mutation.path
    before = path.read_bytes()
    path.write_bytes(mutation.apply(before))
    try:
        code, output = checkout.pytest(
            folder, "-q", "-x", "--tb=no", "-m", "not slow", *tests, seconds=3 * seconds + 60
        )
    finally:
        path.write_bytes(before)
    if code is None:
        return Verdict(mutation, True, "does not end")
    if code == _PASSED:
        return Verdict(mutation, False, f"{len(tests)} test(s) passed")
    failed = _FAILED.search(output)
    if code >= _BROKEN and failed is None and "Error" not in output:
        raise RuntimeError(f"pytest could not run: {output[-2000:]}")
    return Verdict(mutation, True, failed.group(1) if failed else "the package is not imported")
