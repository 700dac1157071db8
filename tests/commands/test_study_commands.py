"""`ehrivig study`: list, show, new, check and diff, as they are typed."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ehrivig import study
from ehrivig.cli import app
from ehrivig.demo import write_demo
from ehrivig.errors import EhrivigError
from ehrivig.runs import preview, preview_lines

pytestmark = pytest.mark.usefixtures("quickly")


def typed(*words: object) -> tuple[str, str]:
    """What a command prints on stdout and on stderr; its error is raised."""
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout, done.stderr


def test_every_packaged_study_is_listed_and_shown() -> None:
    listed = typed("study", "list")[0].splitlines()
    assert [line.split()[0] for line in listed] == study.packaged()
    for name in study.packaged():
        assert typed("study", "show", name)[0].strip() == study.locate(name).read_text().strip()


@pytest.mark.parametrize("like", study.packaged())
def test_a_new_study_can_be_loaded_whatever_it_is_like(tmp_path: Path, like: str) -> None:
    typed("study", "new", tmp_path / "mine.toml", "--like", like, "--drug", "remdesivir")
    plan = study.load(tmp_path / "mine.toml")
    assert plan.exposure.codelist == "remdesivir"
    assert plan.study.name == "mine"
    assert not plan.study.reproduction
    assert not plan.exposure.bands
    assert not (tmp_path / "lists").exists()


def test_a_new_study_says_what_each_key_is(tmp_path: Path) -> None:
    typed("study", "new", tmp_path / "mine.toml", "--drug", "ivig", "--condition", "sepsis")
    text = (tmp_path / "mine.toml").read_text(encoding="utf-8")
    plan = study.load(tmp_path / "mine.toml")
    assert plan.cohort.criteria[1].any_of[0].condition == "sepsis"
    assert "ehrivig study check mine.toml --extract DIR" in text
    lines = text.splitlines()
    keys = [n for n, line in enumerate(lines) if line[:1].isalpha() and " = " in line]
    assert len(keys) > 20
    assert all(lines[n - 1].startswith("#") for n in keys)
    assert "# timezone = " in text
    uncommented = text.replace("# extract_date = ", "extract_date = ")
    (tmp_path / "mine.toml").write_text(uncommented, encoding="utf-8")
    assert study.load(tmp_path / "mine.toml").extract.extract_date is not None


def test_a_new_drug_gets_a_list_of_its_own(tmp_path: Path) -> None:
    said = typed("study", "new", tmp_path / "mine.toml", "--drug", "zanubrutinib")[1]
    path = tmp_path / "lists" / "drugs" / "zanubrutinib.csv"
    assert str(path) in said
    assert "include,name,contains,zanubrutinib" in path.read_text(encoding="utf-8")
    plan = study.load(tmp_path / "mine.toml")
    assert plan.extract.codelists == "lists"
    assert "zanubrutinib" in plan.lists.drug_names
    said = typed("study", "new", tmp_path / "typo.toml", "--drug", "tocilizmab")[1]
    assert "Or did you mean tocilizumab, which has one?" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mine.toml", "--condition", "diabetis"), "Did you mean 'diabetes'"),
        (("mine.toml", "--condition", "gout"), "ehrivig codelist new condition gout"),
        (("mine.toml", "--drug", "Zanu Brutinib"), "is no name"),
        (("mine.toml", "--like", "ivig_covid"), "Did you mean"),
        (("mine.txt", "--drug", "ivig"), "no .toml file"),
        (("nowhere/mine.toml", "--drug", "ivig"), "no folder"),
        (("there.toml", "--drug", "ivig"), "exists"),
    ],
)
def test_what_cannot_be_begun_leaves_nothing(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "there.toml").touch()
    with pytest.raises(EhrivigError, match=said) as refused:
        typed("study", "new", tmp_path / words[0], "--drug", "new_drug", *words[1:])
    assert refused.value.exit_code == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["there.toml"]


def test_difference_names_what_differs_and_nothing_else(tmp_path: Path) -> None:
    assert typed("study", "diff", "ivig_covid19", "ivig_covid19")[0] == ""
    text = study.locate("ivig_covid19").read_text(encoding="utf-8")
    text = text.replace("caliper = 0.02", "caliper = 0.05", 1)
    text = text.replace('rule = "age", min = 18', 'rule = "age", min = 16', 1)
    (tmp_path / "other.toml").write_text(text, encoding="utf-8")
    assert typed("study", "diff", "ivig_covid19", tmp_path / "other.toml")[0].splitlines() == [
        'cohort.criteria.adult: label = "Aged 18 years or more", rule = "age", min = 18.0 -> '
        'label = "Aged 18 years or more", rule = "age", min = 16.0',
        "match.caliper: 0.02 -> 0.05",
    ]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study_check") / "demo"
    write_demo(folder, patients=400, hospitals=2, seed=7, defects="none")
    return folder


def test_a_check_with_an_extract_counts_as_the_run_does(demo: Path) -> None:
    said = json.loads(typed("study", "check", "ivig_covid19", "--extract", demo, "--json")[0])
    truth = pl.read_parquet(demo / "_truth" / "admission.parquet").filter("in_cohort")
    assert said["criteria"][-1]["persons"] == truth.height
    assert said["exposure"] == {
        "exposed": int(truth["exposed"].sum()),
        "unexposed": int((~truth["exposed"]).sum()),
    }
    bands = {band["band"]: band for band in said["bands"]}
    late = truth.filter("exposed")["hours_to_first_dose"] > 48
    assert bands["timing"]["high"] == late.sum()
    ages = next(one for one in said["covariates"] if one["covariate"] == "age")
    assert ages["counts"] == [truth.height, 0]
    assert {one["covariate"] for one in said["covariates"]} == {
        variable.name for variable in study.load("ivig_covid19").covariates.variables
    }


def test_a_check_hides_small_counts_and_what_would_tell_them(demo: Path) -> None:
    found = preview.preview(study.load("ivig_covid19"), demo)
    smallest = found.study.report.smallest_cell
    told = preview_lines.records(found)
    persons = [step["persons"] for step in told["criteria"] if step["persons"] is not None]
    assert persons == sorted(persons, reverse=True)
    assert all(a - b == 0 or a - b >= smallest for a, b in pairwise(persons))
    for one in told["covariates"]:
        shown = [count for count in one["counts"] if count is not None]
        assert all(count == 0 or count >= smallest for count in shown)
        assert len(one["counts"]) - len(shown) != 1
    text = "\n".join(preview_lines.lines(found))
    assert "<- nobody" in text
    assert "hidden" in text


@pytest.mark.parametrize(
    ("persons", "hidden"),
    [
        ([100, 100, 50], set()),
        ([100, 98, 50], {0}),
        ([100, 52, 51, 50], {1, 2}),
        ([100, 3], {1}),
        ([3, 3, 0], {0, 1}),
        ([0, 0], set()),
        ([54, 53, 52, 51, 50], {0, 1, 2, 3}),
        ([], set()),
    ],
)
def test_steps_that_must_not_be_told(persons: list[int], hidden: set[int]) -> None:
    assert preview_lines._hidden_steps(persons, 5) == hidden


def test_hospitals_side_by_side_give_the_same_preview(demo: Path) -> None:
    from ehrivig.runs.state import Options

    plan = study.load("ivig_covid19")
    one, two = preview.preview(plan, demo), preview.preview(plan, demo, Options(workers=2))
    assert preview_lines.records(one) == preview_lines.records(two)


OWN_LISTS = ('layout = "native"\n', 'layout = "native"\ncodelists = "mine"\nhospitals = ["A"]\n')
ASTHMA = (
    '  { name = "hypertension", ',
    '  { name = "asthma", label = "Asthma", from = "condition" },\n  { name = "hypertension", ',
)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A study of one's own, with lists in a folder of another name than usual."""
    (tmp_path / "mine" / "drugs").mkdir(parents=True)
    drugs = "verdict,vocabulary,match,value\ninclude,name,contains,foozumab\n"
    (tmp_path / "mine" / "drugs" / "foozumab.csv").write_text(drugs, encoding="utf-8")
    conditions = "condition,vocabulary,match,code\nasthma,ICD10,prefix,J45\n"
    (tmp_path / "mine" / "conditions.csv").write_text(conditions, encoding="utf-8")
    text = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
    for old, new in (OWN_LISTS, ASTHMA):
        text = text.replace(old, new, 1)
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    return tmp_path / "own.toml"


def test_a_study_of_ones_own_is_a_pattern_with_its_lists(own: Path) -> None:
    (own.parent / "new").mkdir()
    said = typed("study", "new", own.parent / "new" / "a.toml", "--like", own)[1]
    assert "left out of [extract]: hospitals, of another extract" in said
    plan = study.load(own.parent / "new" / "a.toml")
    assert plan.extract.codelists == "../mine"
    assert plan.covariate("asthma").source == "condition"
    typed("study", "new", own.parent / "b.toml", "--like", own, "--drug", "foozumab")
    assert study.load(own.parent / "b.toml").exposure.codelist == "foozumab"
    said = typed("study", "new", own.parent / "c.toml", "--like", own, "--drug", "barzumab")[1]
    assert str(own.parent / "mine" / "drugs" / "barzumab.csv") in said
    assert not (own.parent / "lists").exists()


def test_what_comes_from_ones_own_study_has_its_lines(own: Path) -> None:
    text = own.read_text(encoding="utf-8")
    late = text.replace('time_zero = "eligible"', 'time_zero = "admission"').replace(
        "start_hours = 0", "start_hours = 24"
    )
    stays = '  { name = "stays", label = "In 24 h", rule = "length_of_stay", min = 24 },\n'
    late = late.replace('  { name = "index"', f'{stays}  {{ name = "index"', 1)
    own.write_text(late, encoding="utf-8")
    study.load(own)
    with pytest.raises(EhrivigError) as error:
        typed("study", "new", own.parent / "b.toml", "--like", own, "--condition", "asthma")
    line = 1 + late.splitlines().index("start_hours = 24")
    said = str(error.value).splitlines()
    assert said[0] == "study: own.toml, after which b.toml is written, has 1 problem:"
    assert said[1].startswith(f"  line {line}: exposure.start_hours: the exposure window opens")
    assert not (own.parent / "b.toml").exists()


def test_parts_of_what_goes_go_with_it(own: Path) -> None:
    text = own.read_text(encoding="utf-8")
    any_of = (
        '  { name = "drugs_before", label = "Any drug before", from = "any_of", '
        'any_of = ["glucocorticoid_before", "antiviral_before"] },\n]\n\n[match]'
    )
    own.write_text(text.replace("]\n\n[match]", any_of, 1), encoding="utf-8")
    typed("study", "new", own.parent / "b.toml", "--like", own, "--condition", "asthma")
    names = [one.name for one in study.load(own.parent / "b.toml").covariates.variables]
    assert not {"drugs_before", "glucocorticoid_before"} & {*names}


@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
def test_the_first_run_of_a_new_study_has_no_error_of_its_pattern(tmp_path: Path) -> None:
    """Also where conditions are coded without a moment, so that time zero is the admission."""
    write_demo(tmp_path / "d", patients=300, hospitals=2, defects="none")
    for path in (tmp_path / "d" / "diagnosis").rglob("*.parquet"):
        rows = pl.read_parquet(path)
        undated = pl.lit(None, rows.schema["diagnosed_at"]).alias("diagnosed_at")
        rows.with_columns(undated).write_parquet(path)
    path = tmp_path / "mine.toml"
    typed("study", "new", path, "--drug", "moxifloxacin", "--condition", "covid19")
    text = path.read_text(encoding="utf-8").replace("bootstrap = 500", "bootstrap = 40")
    path.write_text(text, encoding="utf-8")
    typed("run", path, "--extract", tmp_path / "d", "--out", tmp_path / "o", "--quiet")
    lints = pl.read_csv(tmp_path / "o" / "lints.csv")
    assert lints.filter(severity="error").rows() == []
