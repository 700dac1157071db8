"""Study files of version 0.1: read as before, and written in the form of this one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ehrivig import __version__, study
from ehrivig.cli import app
from ehrivig.study.doubts import doubts_of
from ehrivig.study.upgrade import upgraded

OLD = Path(__file__).parent / "of_version_0_1.toml"
TEXT = OLD.read_text(encoding="utf-8")
ADDED = [
    'target = "ATE"   # was ATT: clone_censor_weight answers for ATE',
    "# The one row of effects.csv that is the answer (`study upgrade`):",
    'analysis = "clone_censor_weight"',
    'measure = "RD"',
    "  # `study upgrade` took out analysis.subgroups.invasive_ventilation: its variable is an "
    "outcome: a",
    "  # group that it makes is known only after time zero, and the drug may have moved people "
    "into it.",
    '  #   { name = "invasive_ventilation", label = "Invasive ventilation", variable = '
    '"invasive_ventilation" }',
]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_old_file_is_read_as_before_and_its_split_is_an_error() -> None:
    plan = study.load(OLD)
    assert "invasive_ventilation" in [one.name for one in plan.analysis.subgroups]
    (doubt,) = [one for one in doubts_of(plan) if one.code == "subgroup_by_outcome"]
    assert doubt.severity == "error"
    assert "Split by a covariate; `ehrivig study upgrade` takes it out" in doubt.text


def test_only_what_must_change_does(tmp_path: Path) -> None:
    text, said = upgraded(str(OLD))
    before, after = TEXT.splitlines(), text.splitlines()
    assert [line for line in after if line not in before] == ADDED
    gone = [line.strip()[:30] for line in before if line not in after]
    assert gone == ['target = "ATT"', '{ name = "invasive_ventilation']
    assert [one.split(":")[0] for one in said] == [
        "took out analysis.subgroups.invasive_ventilation",
        "declared the answer",
    ]
    plan = study.load(write(tmp_path, text))
    assert plan.study.estimand.analysis == study.load(OLD).answer == "clone_censor_weight"
    assert plan.answer_measure == study.load(OLD).answer_measure
    (doubt,) = study.doubted(tmp_path / "mine.toml")  # what the words ask is for a person to say
    assert "'odds ratio among matched pairs' names another measure" in doubt
    assert upgraded(str(tmp_path / "mine.toml")) == (text, [])


@pytest.mark.parametrize(
    "changes",
    [
        [('target = "ATT"\n', "")],
        [("[study.estimand]\n", ""), *[(f"\n{k} =", f"\nestimand.{k} =") for k in (
            "population", "treatment", "comparator", "outcome", "contrast", "target")]],
        [("grace_hours = 48", "grace_hours = 96"), ("bands = [", "end_hours = 48\nbands = [")],
        [('variable = "copd" },', 'variable = "copd" }, { name = "v", label = "V", variable = '
          '"invasive_ventilation" },  # two on a line')],
        [('from = "length_of_stay" }', 'from = "length_of_stay", within_days = 28 }')],
        [("sensitivity = [", 'sensitivity = [\n  "multiple_imputation",   # said\n  ')],
        [("\n", "\r\n")],
    ],
)  # fmt: skip
def test_however_it_is_written_it_can_be_loaded(
    tmp_path: Path, changes: list[tuple[str, str]]
) -> None:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, -1 if old == "\n" else 1)
    path = tmp_path / "old.toml"
    path.write_bytes(text.encode())
    new, _ = upgraded(str(path))
    content = tomllib.loads(new)
    assert content["study"]["estimand"]["analysis"] == "clone_censor_weight"
    study.load(write(tmp_path, new))
    comments = [line.partition("#")[2] for line in TEXT.splitlines() if "#" in line]
    assert all(comment in new for comment in comments)


def test_what_its_author_must_mend_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.replace('variable = "copd"', 'variable = "death_28d"'))
    done = CliRunner().invoke(app, ["study", "upgrade", str(path)])
    assert done.exit_code != 0
    assert "line 159: analysis.subgroups.copd.variable: 'death_28d' is" in str(done.exception)
    assert str(done.exception).endswith("Only its author can mend these; then upgrade it.")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "new.toml"
    command = ["study", "upgrade", str(OLD), "--out", str(out)]
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, done.stdout) == (0, "")
    assert 'declared the answer: analysis = "clone_censor_weight"' in done.stderr
    kept = out.read_bytes()
    again = CliRunner().invoke(app, command)
    assert again.exit_code != 0
    assert "exists. Choose another name, or remove it." in str(again.exception)
    assert out.read_bytes() == kept
    shown = CliRunner().invoke(app, ["study", "upgrade", str(out)])
    assert shown.stdout == out.read_text(encoding="utf-8")
    assert "nothing to change" in shown.stderr


def test_the_version_is_told() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"ehrivig {__version__}\n")
