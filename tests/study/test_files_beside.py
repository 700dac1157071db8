"""Files that a study file names: looked for beside it, and read before an extract is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ehrivig import study
from ehrivig.errors import StudyError

TEXT = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
LAYOUT = 'layout = "native"\n'
SIGNED = (
    'hospital_id = "A"\nsigned_by = "A. S."\nsigned_on = 2020-07-02\nreason = "as asked there"\n'
)
CODE = f'[[code]]\nvocabulary = "local"\ncode = "X1"\nanalyte = "crp"\n{SIGNED}'
UNIT = f'[[unit]]\nanalyte = "crp"\nwritten = "mg/L"\nmeans = "mg/dL"\n{SIGNED}'
PRODUCT = f'[[product]]\ndrug_code = "X"\ncodelist = "ivig"\nverdict = "include"\n{SIGNED}'
STEP = 'name = "mine"\nlabel = "Mine"\n[[step]]\ndose = 2\nbasis = "g/kg"\n'


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., study.Study]:
    """The packaged study with another [extract], in a folder that is not the current one."""
    monkeypatch.chdir(tmp_path)

    def load(extract: str, more: str = "", **files: str) -> study.Study:
        folder = tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        path = folder / "mine.toml"
        text = TEXT.replace(LAYOUT, f"{LAYOUT}{extract}", 1)
        path.write_text(f"{text}\n{more}", encoding="utf-8")
        return study.load(path)

    return load


def test_paths_are_relative_to_the_study_file(loaded: Callable[..., study.Study]) -> None:
    plan = loaded('mappings = "signed.toml"\n', "[regimen]\nnames = ['mine_too.toml', 'gbs']\n",
                  signed=UNIT, mine_too=STEP)  # fmt: skip
    assert Path(plan.extract.mappings or "").is_file()
    assert plan.regimen is not None
    assert [one.name for one in plan.regimen.regimens] == ["mine", "gbs"]


def test_then_to_where_the_command_is_given(
    loaded: Callable[..., study.Study], tmp_path: Path
) -> None:
    (tmp_path / "signed.toml").write_text(CODE, encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "native").mkdir()
    (tmp_path / "folder" / "gbs").write_text("no regimen", encoding="utf-8")
    plan = loaded('mappings = "signed.toml"\n', "[regimen]\nnames = ['gbs']\n")
    assert plan.extract.mappings == "signed.toml"
    assert plan.extract.layout == "native"  # a name of the program is no path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[unit]\n", "signed.toml, is not TOML: "),
        (CODE.replace("[[code]]", "[[codes]]"), "line 1: codes: unknown key. Did you mean 'code'?"),
        (CODE.replace('signed_by = "A. S."\n', ""), "code.(1).signed_by: missing. Write who"),
        (UNIT.replace("mg/dL", "mg/dl2"), "'mg/dl2' is no unit of crp. Did you mean"),
        (CODE.replace('"local"', '"LOINCC"'), "'LOINCC' is none of the vocabularies. Did you mean"),
        (PRODUCT + "strength_g = -1\n", "line 9: product.(1).strength_g: -1 is not above 0."),
        (PRODUCT + "strength_g = inf\n", "strength_g: inf is not a number that can be used"),
        (CODE + CODE.replace("crp", "albumin"), "code.(2): contradicts code.(1) on line 1."),
        (PRODUCT + PRODUCT.replace("include", "exclude"), "product.(2): contradicts product.(1)"),
        (f"{UNIT}month = 2020-02-01\n" * 2, "unit.(2): repeats unit.(1) on line 1. Remove one"),
        (  # any day of a month is of that month
            f'{UNIT}month = 2020-02-01\n{UNIT.replace("mg/dL", "mg/L")}month = 2020-02-29\n',
            "unit.(2): contradicts unit.(1)",
        ),
        (CODE + CODE, "line 9: code.(2): repeats code.(1) on line 1. Remove one of them."),
        (UNIT + CODE.replace("crp", "crpp"), "line 12: code.(1).analyte: 'crpp' is none of the"),
        (UNIT + PRODUCT.replace("ivig", "ivigg"), "line 11: product.(1).codelist: 'ivigg' is none"),
        (CODE.replace('"A"', '"Q"'), "'Q' is none of [extract] hospitals. Known: A, B"),
    ],
)  # fmt: skip
def test_signed_mappings_are_read_by_every_command(
    loaded: Callable[..., study.Study], text: str, said: str
) -> None:
    extract = 'mappings = "signed.toml"\nhospitals = ["A", "B"]\n'
    with pytest.raises(StudyError) as error:
        loaded(extract, signed=text)
    assert said in str(error.value)
    assert "extract.mappings: signed.toml, " in str(error.value)
    assert "has 1 problem:" in str(error.value)
    loaded(extract, signed=CODE + UNIT + PRODUCT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STEP.replace("dose", "dosee"), "line 4: step.(1).dosee: unknown key. Did you"),
        (STEP.replace("= 2", '= "2"'), "line 4: step.(1).dose: '2' is not a number"),
        (STEP.replace("= 2", "= true"), "line 4: step.(1).dose: true is not a number"),
        (STEP.replace("= 2", "= inf"), "line 4: step.(1).dose: inf is not a number"),
        (STEP.replace('"mine"', '"gbs"'), "name: 'gbs' is a packaged regimen. Give"),
    ],
)  # fmt: skip
def test_a_regimen_of_ones_own_is_told_with_its_line(
    loaded: Callable[..., study.Study], text: str, said: str
) -> None:
    with pytest.raises(StudyError) as error:
        loaded("", "[regimen]\nnames = ['own.toml']\n", own=text)
    assert f"own.toml has {1 + ('dosee' in text)} problem" in str(error.value)
    assert said in str(error.value)
    assert "Tuple" not in str(error.value)
    assert "?." not in str(error.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('drug = "ivigg"\n', "own.toml, line 6: step.(1).drug: 'ivigg' is none of the drug lists."),
        ('products = ["igg"]\n', "own.toml, line 6: step.(1).products: 'igg' is none of the prod"),
    ],
)
def test_a_name_in_a_regimen_is_told_with_its_line(
    loaded: Callable[..., study.Study], more: str, said: str
) -> None:
    with pytest.raises(StudyError) as error:
        loaded("", "[regimen]\nnames = ['own.toml']\n", own=f"{STEP}{more}")
    assert said in str(error.value)


@pytest.mark.parametrize("which", ["mappings", "regimen"])
def test_ever_so_many_problems_are_counted_and_few_told(
    loaded: Callable[..., study.Study], which: str
) -> None:
    many = "\n".join(f"k{i} = 1" for i in range(300))
    asked = {
        "mappings": ('mappings = "mine_too.toml"\n', ""),
        "regimen": ("", "[regimen]\nnames = ['mine_too.toml']\n"),
    }
    with pytest.raises(StudyError) as caught:
        loaded(*asked[which], mine_too=many)
    said = str(caught.value)
    assert len(said.splitlines()) <= 50
    told = {"mappings": "300 problems", "regimen": "303 problems"}
    assert told[which] in said
    assert "and 1 more" not in said
