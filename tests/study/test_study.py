"""The study file: every problem at once, nothing silently ignored."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path

import pytest

from ehrivig import resources, study
from ehrivig.errors import StudyError


@pytest.fixture
def content() -> dict[str, object]:
    text = study.locate("ivig_covid19").read_text(encoding="utf-8")
    return tomllib.loads(text)


@pytest.mark.parametrize("name", study.packaged())
def test_packaged_studies_are_valid(name: str) -> None:
    assert study.load(name).study.name == name


def test_all_problems_are_reported_at_once(content: dict) -> None:
    content["study"]["titel"] = "x"
    content["match"]["caliper"] = -1
    content["exposure"]["midnight"] = "noon"
    with pytest.raises(StudyError) as error:
        study.parse(content)
    for place in ("study.titel: unknown key", "match.caliper", "exposure.midnight"):
        assert place in str(error.value)
    assert error.value.exit_code == 2


def test_unknown_unit_reference_and_variable_are_named(content: dict) -> None:
    content["match"]["covariates"].append("agee")
    with pytest.raises(StudyError, match=r"match\.covariates: no variable 'agee'"):
        study.parse(content)


def test_twice_defined_variable_is_refused(content: dict) -> None:
    content["covariates"]["variables"].append(dict(content["covariates"]["variables"][0]))
    with pytest.raises(StudyError, match="'age' is defined twice"):
        study.parse(content)


def test_digest_is_of_the_meaning(content: dict) -> None:
    first = study.parse(content)
    content["analysis"]["grace_hours"] = 48.0
    assert study.parse(content).digest == first.digest
    content["analysis"]["grace_hours"] = 42.0
    assert study.parse(content).digest != first.digest


def test_missing_file_says_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="ivig_covid19"):
        study.load(tmp_path / "none.toml")


def test_not_toml_is_a_message(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[study\n")
    with pytest.raises(StudyError, match="is not TOML"):
        study.load(path)


def test_schema_is_json_and_closed() -> None:
    schema = json.loads(study.json_schema())
    assert schema["additionalProperties"] is False
    assert "exposure" in schema["properties"]


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_a_placeholder_is_no_date_of_a_study(day: date, content: dict) -> None:
    content["extract"]["extract_date"] = day
    with pytest.raises(StudyError, match=r"extract\.extract_date"):
        study.parse(content)


def test_a_band_of_a_product_that_the_list_does_not_know_is_refused() -> None:
    text = (resources.studies_folder() / "ivig_sepsis.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    assert study.parse(content).exposure.bands[1].of_product
    content["exposure"]["bands"][1]["feature"] = "igm_enriched"
    said = "'igm_enriched' is neither .* list ivig includes. Did you mean 'igma_enriched'?"
    with pytest.raises(StudyError, match=said):
        study.parse(content)
