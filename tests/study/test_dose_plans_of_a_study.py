"""Dose plans in [analysis]: which can be followed, and what their designs need."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig import study as studies
from ehrivig.errors import StudyError

TEXT = (Path(studies.__file__).parent / "packaged" / "ivig_covid19.toml").read_text("utf-8")
FIRST = '"landmark", "time_dependent_cox", "sequential_trials", "clone_censor_weight",'
DESIGNS = '"dose_clone_censor_weight", "dose_g_formula", "dose_structural_model",'
KEY = "grace_hours = 48"
LONG, SHORT = '{name = "long", days_at_least = 5}', '{name = "short", days_at_most = 2}'


def refused(
    tmp_path: Path,
    *plans: str,
    designs: str = DESIGNS,
    keys: str = 'grace_hours = 48\ntime_varying = ["sofa"]',
    changes: tuple[tuple[str, str], ...] = (),
) -> str:
    """Why a study with these plans is refused; empty where it is not."""
    listed = f"dose_plans = [{', '.join(plans)}]" if plans else ""
    text = TEXT.replace(FIRST, f"{FIRST} {designs}").replace(KEY, f"{keys}\n{listed}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    try:
        studies.load(str(path))
    except StudyError as error:
        return str(error)
    return ""


def test_a_refusal_ends_with_exit_code_2() -> None:
    assert StudyError.exit_code == 2


def test_plans_are_read(tmp_path: Path) -> None:
    never = '{name = "never", days_at_least = 0, days_at_most = 0}'
    assert refused(tmp_path, LONG, SHORT, never) == ""
    assert refused(tmp_path, LONG, '{name = "none", days_at_most = 0}') == ""
    assert refused(tmp_path, designs='"dose_structural_model",') == ""


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ('{name = "odd", days_at_least = 5, days_at_most = 2}', "'odd': days_at_least 5 is above"),
        ('{name = "odd", days_at_least = 2, days_at_most = 0}', "Write days_at_least = 0: never"),
        ('{name = "odd", days_at_least = 0}', "days_at_least is 0. Write 1 or more"),
        ('{name = "odd", days_at_least = -1}', "dose_plans"),
        (
            '{name = "odd", days_at_most = 0, grams_per_day_at_least = 5}',
            "never to dose, and grams",
        ),
        (
            '{name = "odd", grams_per_day_at_least = 9, grams_per_day_at_most = 5}',
            "grams_per_day_at_least 9 is above grams_per_day_at_most 5",
        ),
        ('{name = "odd", grams_per_day_at_most = 0}', "dose_plans"),
        ('{name = "odd", days = 3}', "days"),
        ('{name = "long", days_at_least = 7}', "a second dose plan 'long'"),
        ('{name = "other", label = "long"}', "is called 'long' as well"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(tmp_path: Path, plan: str, said: str) -> None:
    assert said in refused(tmp_path, LONG, plan)


def test_designs_say_what_they_need(tmp_path: Path) -> None:
    blind = refused(tmp_path, LONG, SHORT, keys="grace_hours = 48")
    assert "dose_clone_censor_weight needs time_varying" in blind
    assert "Write two or more: [[analysis.dose_plans]]" in refused(tmp_path, LONG)
    unread = refused(tmp_path, LONG, SHORT, designs="")
    assert "analysis.dose_plans: nothing reads them" in unread
    moves = 'time_varying = ["sofa"]'
    odd = refused(tmp_path, LONG, SHORT, keys=f"grace_hours = 30\n{moves}")
    assert "30 h are no whole days, in which dose_clone_censor_weight counts. Write 24" in odd
    changes = (("bootstrap = 500", "bootstrap = 20"),)
    few = refused(tmp_path, LONG, SHORT, changes=changes)
    assert "fewer than 40 have no limits" in few
    late = refused(tmp_path, LONG, SHORT, keys=f"grace_hours = 672\n{moves}")
    assert "follows them no longer" in late


def test_plans_of_grams_need_the_metric_grams_in_the_g_formula(tmp_path: Path) -> None:
    high = '{name = "high", grams_per_day_at_least = 10}'
    assert 'Write dose_metric = "grams"' in refused(tmp_path, high, SHORT)
    moves = 'grace_hours = 48\ntime_varying = ["sofa"]\ndose_metric = "grams"'
    assert refused(tmp_path, high, SHORT, keys=moves) == ""
    cloned = '"dose_clone_censor_weight",'
    assert refused(tmp_path, high, SHORT, designs=cloned) == ""
    wrong = moves.replace('"grams"', '"gram"')
    assert "dose_metric" in refused(tmp_path, LONG, SHORT, keys=wrong)


def test_a_severity_that_moves_is_read_by_designs_of_doses_alone(tmp_path: Path) -> None:
    changes = (
        (FIRST, '"landmark",'),
        ('analysis = "clone_censor_weight"', 'analysis = "landmark"'),
        ('measure = "RD"', 'measure = "HR"'),
    )
    assert refused(tmp_path, LONG, SHORT, changes=changes) == ""
