"""Where nobody is exposed, the message says how those of the cohort had the drug instead."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ehrivig import study
from ehrivig.cli import app
from ehrivig.demo import write_demo
from ehrivig.features import nobody_exposed
from ehrivig.runs import preview_lines

pytestmark = pytest.mark.usefixtures("quickly")

PLAN = study.load("tocilizumab_covid19")
SCHEMA = {
    "hospital_id": pl.String,
    "admission_id": pl.String,
    "route": pl.String,
    "asked": pl.Boolean,
    "in_window": pl.Boolean,
}


def had(n: int, route: str, *, asked: bool, in_window: bool | None = True) -> pl.DataFrame:
    rows = [("A", f"a{i}", route, asked, in_window) for i in range(n)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def cohort(n: int) -> pl.DataFrame:
    return had(n, "", asked=False).select("hospital_id", "admission_id")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            had(7, "po", asked=False),
            "nobody of the cohort was given Tocilizumab by iv or sc in the exposure window: 7 of "
            '20 admissions had it by po. Write routes = ["iv", "sc", "po"] under [exposure] where '
            "that is meant.",
        ),
        (had(4, "po", asked=False), "window: fewer than 5 had it by po. Write routes"),
        (had(17, "po", asked=False), "window: some had it by po. Write routes"),
        (
            had(9, "unknown", asked=False),
            'or state the route of these rows in the extract ("unknown": none is stated).',
        ),
        (
            had(9, "iv", asked=True, in_window=False),
            "by iv or sc in the exposure window: 9 of 20 admissions had it at another time of the "
            "stay. Look at [exposure] start_hours, end_hours.",
        ),
        (
            had(9, "po", asked=False, in_window=None),
            "by iv or sc: 9 of 20 admissions had it by po at another time of the stay. Look at",
        ),
        (
            had(0, "po", asked=False),
            "by any route: no row of medication that was given is in the code list tocilizumab.",
        ),
    ],
)
def test_how_they_had_it_is_said_with_the_cure(rows: pl.DataFrame, said: str) -> None:
    assert said in nobody_exposed.why(rows, cohort(20), PLAN)


def test_those_beside_the_cohort_say_nothing() -> None:
    beside = had(30, "po", asked=False).tail(10)
    assert "by any route" in nobody_exposed.why(beside, cohort(20), PLAN)


def test_a_run_and_a_check_say_it(tmp_path: Path) -> None:
    write_demo(
        tmp_path / "d", patients=300, hospitals=2, defects="none", study="tocilizumab_covid19"
    )
    text = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
    asked = text.replace('routes = ["iv", "sc"]', 'routes = ["po"]')
    (tmp_path / "s.toml").write_text(asked, encoding="utf-8")
    extract = ["--extract", str(tmp_path / "d")]
    run = CliRunner().invoke(
        app, ["run", str(tmp_path / "s.toml"), *extract, "--out", str(tmp_path / "o")]
    )
    assert run.exit_code == 5
    said = run.stdout + run.stderr
    assert "was given Tocilizumab by po in the exposure window: " in said
    assert 'admissions had it by iv. Write routes = ["po", "iv"] under [exposure]' in said
    checked = CliRunner().invoke(app, ["study", "check", str(tmp_path / "s.toml"), *extract])
    assert 'admissions had it by iv. Write routes = ["po", "iv"]' in checked.stdout


def test_an_arm_without_anybody_is_told_as_what_it_is() -> None:
    arms = [preview_lines._one_arm(both) for both in ((0, 20), (20, 0), (9, 11), (None, None))]
    assert arms == ["nobody", "everybody", "", ""]
