"""`ehrivig.run` gives what `ehrivig.open` gives, however the run ends."""

from __future__ import annotations

from pathlib import Path
from warnings import catch_warnings, simplefilter

import pytest
from fuzz.base import content, short_study, small_extract
from fuzz.quick_pages import quick_pages

import ehrivig
from ehrivig.errors import ExtractError, NumericalWarning


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extract(tmp_path_factory.mktemp("dump") / "demo", patients=150, hospitals=1)


def made(study: Path, dump: Path, out: Path) -> ehrivig.open:
    with quick_pages(), catch_warnings():
        simplefilter("ignore", NumericalWarning)
        return ehrivig.run(study, dump, out)


def test_a_run_is_read_at_once_and_again(dump: Path, tmp_path: Path) -> None:
    study = short_study(tmp_path / "short.toml")
    found = made(study, dump, tmp_path / "out")
    again = ehrivig.open(tmp_path / "out")
    assert type(found) is type(again)
    assert found.ended.seconds > 0
    assert (found.exit_code, found.message) == (again.exit_code, again.message)
    for name in ("study", "hospitals", "cohort", "exposed", "pairs", "diagnostics_failed"):
        local = ehrivig.open(tmp_path / "out", local=True)
        assert getattr(found.ended, name) == getattr(local.ended, name)
    assert found.ended.pairs is None or again.ended.pairs in (None, found.ended.pairs)
    assert set(again.ended.warned_checks) <= set(found.ended.warned_checks)
    assert found.summary().equals(again.summary())
    assert found.cohort.height == found.ended.cohort
    assert len(repr(found)) < 100
    repeated = made(study, dump, tmp_path / "out")
    assert repeated.message.startswith("unchanged")


def test_a_run_with_nobody_in_it_is_opened_too(dump: Path, tmp_path: Path) -> None:
    criteria = content()["cohort"]["criteria"]
    old = [one | {"min": 118} if one["rule"] == "age" else one for one in criteria]
    study = short_study(tmp_path / "old.toml", cohort={"criteria": old})
    found = made(study, dump, tmp_path / "out")
    assert found.exit_code == 5
    assert "no admission is left" in dict(found.summary().iter_rows())["ended"]
    assert found.to_frame().is_empty()
    with pytest.raises(ExtractError):
        ehrivig.run(study, tmp_path / "nowhere", tmp_path / "b")
