"""What is behind an estimate: its keys, function, statements and people, by name or by number."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from results.finished import finished

from ehrivig import pipeline, resources
from ehrivig.cli import main
from ehrivig.errors import UsageError
from ehrivig.results import Run
from ehrivig.results.why import effect
from ehrivig.results.why.made_by import functions, keys, statements
from ehrivig.stats.regression.gee import gee
from ehrivig.stats.regression.linear import linear
from ehrivig.stats.regression.mixed import mixed
from ehrivig.stats.regression.negative_binomial import negative_binomial
from ehrivig.stats.tables.median_difference import median_difference
from ehrivig.stats.tables.paired import paired_risk_difference, paired_risk_ratio
from ehrivig.study.registries import sensitivity


def effects(name: str = "") -> pl.DataFrame:
    return pl.read_csv(finished()[2] / name / "effects.csv", infer_schema_length=None)


def told(row: str, folder: Path | None = None) -> dict[str, dict[str, str]]:
    return {one.heading: dict(one.lines) for one in effect(folder or finished()[2], row)}


def test_the_declared_answer_by_its_role() -> None:
    found = told("primary")
    (number,) = (n for n, role in enumerate(effects()["role"], 1) if role == "primary")
    assert f"Row {number} of effects.csv" in found
    assert found == told(str(number))
    assert found["Keys of the study"]["analysis.grace_hours"] == "48"
    assert found["Statements"]["outcome death_28d"] == "sql/concept/course/death.sql"
    assert number not in map(int, [n for n in found["Rows of the same question"] if n.isdigit()])


def test_counts_are_those_of_the_people_of_the_run() -> None:
    (number,) = (
        n
        for n, row in enumerate(effects().to_dicts(), 1)
        if (row["analysis"], row["population"], row["measure"]) == ("main", "all", "RR")
    )
    found, row = told(str(number)), effects().to_dicts()[number - 1]
    known = f"{row['n_exposed']} exposed and {row['n_control']} others with a known death_28d"
    assert found["Counts"]["rows of people"].endswith(known)
    assert found["Counts"]["from"] == "the run itself: local"


def test_a_release_tells_its_own_counts_of_the_same_rows() -> None:
    local, released = effects(), effects("release")
    names = ["analysis", "contrast", "outcome", "model", "measure", "population"]
    assert local.select(names).equals(released.select(names))
    few = released.with_row_index("row", 1).filter(pl.col("events_exposed").is_null())
    number = few.filter(pl.col("estimate").is_null() & pl.col("model").is_null())["row"][0]
    found = told(str(number), finished()[2] / "release")
    assert found["Counts"]["n_exposed"].startswith(("not shown", f"{released['n_exposed'][0]}"))
    assert found["Counts"]["from"] == "its release"
    assert found["Keys of the study"]["exposure.codelist"].strip('"') == "ivig"
    assert (
        "within_days"
        in told("primary", finished()[2] / "release")["Keys of the study"][
            "outcomes.variables.death_28d"
        ]
    )
    own = told(str(number))["Statements"]
    own.pop("as they ran")
    assert own.items() <= found["Statements"].items()


def test_every_row_has_a_function_that_is_there_and_statements_that_are() -> None:
    for row in effects().to_dicts():
        named = [name for name, _ in functions(row) if name != "none"]
        assert len(named) == (2 if row["model"] else 1), row
        for name in named:
            module, _, attribute = name.rpartition(".")
            assert hasattr(import_module(module), attribute) or import_module(name)
    home = resources.sql_folder()
    files = [path for path in told("primary")["Statements"].values() if path.startswith("sql/")]
    assert len(files) > 5
    assert all((home / path.removeprefix("sql/")).is_file() for path in files)


def test_every_estimator_of_numbers_and_of_pairs_is_named() -> None:
    """As each says its method: rows of a primary outcome that is a number have a function too."""
    rng = np.random.default_rng(1)
    arm, y = np.arange(120) % 2 == 0, rng.lognormal(1, 1, 120)
    hospital, x = np.arange(120) // 10, arm.astype(float)[:, None]
    event = (y > 3).astype(float)
    made = {
        "regression.linear.linear": linear(y, x, names=("a",)).effect("a", arm),
        "regression.mixed.mixed": mixed(y, x, hospital, names=("a",)).effect("a", arm),
        "regression.negative_binomial.negative_binomial": negative_binomial(
            y, x, names=("a",)
        ).effect("a", arm),
        "tables.median_difference.median_difference": median_difference(y, arm),
        "tables.paired.paired_risk_difference": paired_risk_difference(9, 5, 3, 20),
        "tables.paired.paired_risk_ratio": paired_risk_ratio(9, 5, 3, 20),
    }
    said = {name: effect.method for name, effect in made.items()}
    said["regression.gee.gee"] = gee(event, x, hospital, names=("a",)).method
    said["tables.hodges_lehmann.paired_shift"] = "Hodges-Lehmann, normal ranks"
    for name, method in said.items():
        found = functions({"analysis": "main", "model": method, "measure": ""})
        assert found[1][0] == f"ehrivig.stats.{name}", method


@pytest.mark.parametrize("analysis", [table.name for table in sensitivity.tables()])
def test_every_analysis_has_a_module_and_keys_of_its_own(analysis: str) -> None:
    ((name, _), _) = functions({"analysis": analysis, "model": "", "measure": ""})
    assert name != "ehrivig.analysis"
    assert import_module(name)
    assert len(keys(analysis, "death_28d", "")) > len(keys("", "death_28d", ""))


def test_the_large_scale_score_has_its_own_statements() -> None:
    plain, more = (dict(statements({}, name, "")) for name in ("main", "large_scale"))
    assert more.keys() - plain.keys() == {
        "coded: diagnosis", "coded: medication", "coded: care", "coded: measurement",
    }  # fmt: skip


def test_what_means_no_row_or_several_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for row, said in (
        ("0", "rows 1 to"),
        ("9999", "no row 9999"),
        ("nothing so named", "no row of effects.csv is 'nothing so named'"),
        ("", "no row of effects.csv"),
        ("main", r"means \d+ rows. Give one number:\n  \d+: "),
    ):
        with pytest.raises(UsageError, match=said):
            effect(finished()[2], row)
    blocked = tmp_path / "check"
    pipeline.check(finished()[1], finished()[0], blocked)
    with pytest.raises(UsageError, match=r"has released nothing|has estimated nothing"):
        effect(blocked, "primary")
    for words in ([], ["--hospital", "A"], ["--effect", "1", "--hospital", "A"]):
        monkeypatch.setattr("sys.argv", ["ehrivig", "why", str(finished()[2]), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        assert "give --hospital and --admission, or --effect" in capsys.readouterr().err
    words = ["--effect", "primary", "--study", "nowhere.toml"]
    monkeypatch.setattr("sys.argv", ["ehrivig", "why", str(finished()[2]), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--study is read with --extract alone" in capsys.readouterr().err
    assert Run(finished()[2]).answer is not None
