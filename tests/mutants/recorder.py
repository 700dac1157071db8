"""A pytest plugin that tells `_hits` which test is at work, and writes what each one costs.

A fixture of a module or a session is a context of its own: what it ran concerns every test that
uses it, though only the first one pays for it. Caches of the package are emptied before each test,
so that what a test needs is seen to be run.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import _hits  # type: ignore[import-not-found]
import pytest

_tests: dict[str, dict[str, Any]] = {}
_fixtures: dict[str, float] = {}


def plain(nodeid: str) -> str:
    """The test function, whatever its parameters."""
    return nodeid.partition("[")[0]


def _spent() -> float:
    """CPU seconds of this process and its ended children: what else is at work does not matter."""
    return sum(os.times()[:4])


def _wide(definition: Any) -> str:
    """The name of a fixture that many tests share; "" for others."""
    if definition.scope == "function":
        return ""
    return f"fixture {definition.baseid}::{definition.argname}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "ehrivig":
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009
    used = {_wide(found[-1]) for found in definitions.values() if found} - {""}
    test = _tests.setdefault(plain(item.nodeid), {"seconds": 0.0, "fixtures": [], "passed": True})
    test["fixtures"] = sorted({*test["fixtures"], *used})
    _hits.enter(plain(item.nodeid))
    start = _spent()
    try:
        return (yield)
    finally:
        test["seconds"] += _spent() - start


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Iterator[Any]:
    name = _wide(fixturedef)
    if not name:
        return (yield)
    before, start = _hits.enter(name), _spent()
    try:
        return (yield)
    finally:
        spent = _spent() - start
        _fixtures[name] = _fixtures.get(name, 0.0) + spent
        _hits.enter(before)
        if before in _tests:
            _tests[before]["seconds"] -= spent


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    test = _tests.get(plain(report.nodeid))
    if test is not None:  # in the process that ran it
        test["passed"] &= report.passed or report.skipped


def pytest_sessionfinish() -> None:
    folder = Path(os.environ[_hits.FOLDER])
    if _tests:
        text = json.dumps({"tests": _tests, "fixtures": _fixtures})
        (folder / f"costs-{os.getpid()}.json").write_text(text, encoding="utf-8")
