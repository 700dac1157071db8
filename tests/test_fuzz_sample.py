"""A sample of `make fuzz`: one mutated case of most kinds must keep to every rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import judge
from fuzz.run import KINDS, bases, kind_of, perform

SEED = 20260701
NEVER = ("column: many",)
WHOLE_RUNS = (
    "file: stray",
    "file: missing table",
    "file: other encoding",
    "file: zero block",
    "name: extract path",
    "name: hospital row",
    "name: study path",
    "name: out path",
    "column: retype",
    "column: rename",
    "column: reorder",
    "column: retype (more)",
    "column: strange name",
    "value: swapped columns",
    "value: few rows",
    "value: keys as text",
    "value: times out of range",
    "value: number as text",
    "value: extreme numbers",
    "value: extreme integers",
    "value: html in drugs",
    "value: doubled rows",
    "value: wrong keys",
    "value: sql in codes",
    "value: shuffled rows",
    "study: extreme number",
    "study: settings",
    "study: lists",
    "study: html labels",
)
"""Kinds whose case is a whole run of some seconds: by `make slow` and `make fuzz`."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    bases(folder)
    return folder


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(n, marks=[pytest.mark.slow] if kind_of(n) in WHOLE_RUNS else [])
        for n in range(len(KINDS))
        if kind_of(n) not in NEVER
    ],
    ids=kind_of,
)
@pytest.mark.filterwarnings("default")
def test_mutated_case_keeps_to_the_rules(number: int, base: Path) -> None:
    result = perform(number, SEED, base, outside=False, keep=None)
    assert result.problems == [], result.printed
    assert result.seconds < judge.SECONDS


def test_the_judge_sees_what_is_wrong(tmp_path: Path) -> None:
    """The rules themselves: each is broken once and found."""
    import numpy as np
    from fuzz.case import MARK, SCRIPT, Case

    runs = tmp_path / "runs"
    case = Case(tmp_path, tmp_path / "e", tmp_path / "s", runs / "out", np.random.default_rng(1))
    before = judge.earlier_run(case.out)

    def wrong(code: int | None, printed: str) -> str:
        ended = judge.Ended(code, printed, 1.0)
        return "; ".join(judge.problems(case, runs, ended, before, frozenset({"500123"})))

    assert wrong(2, "ehrivig: out: mend it") == ""
    assert "exit code 1" in wrong(1, "ehrivig: internal error")
    assert "Traceback" in wrong(2, "ehrivig: Traceback (most recent call last)")
    assert "hangs" in wrong(None, "")
    assert "no message" in wrong(2, "")
    assert MARK in wrong(2, f"ehrivig: cannot convert '{MARK}'")
    assert "500123" in wrong(2, "ehrivig: admission 500123 is odd")
    assert "500123" not in wrong(2, "ehrivig: 1500123 rows, 500123.5")
    (runs / ".out.partial").mkdir()
    assert "debris .out.partial" in wrong(2, "ehrivig: x")
    (case.out / "report.html").write_text(f"<p>{SCRIPT}</p>")
    found = wrong(4, "ehrivig: x")
    assert "earlier run was touched" in found
    assert "report.html holds <script" in found
