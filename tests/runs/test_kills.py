"""A few of `python -m tests.kills`: runs stopped in every way, and what is left of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from kills import base, processes, stop_many

pytestmark = pytest.mark.slow


def test_whatever_stops_a_run_the_next_one_gives_the_same(tmp_path: Path) -> None:
    found = stop_many(base(tmp_path), kills=12, seed=1)
    assert [one for one in found if one.wrong] == []
    assert {one.code for one in found} - {0}


def test_a_process_is_found_by_its_mark() -> None:
    mark = next(iter(os.environ)).encode().decode()
    assert os.getpid() in processes(f"{mark}=")
    assert processes("a mark that no process has") == []
