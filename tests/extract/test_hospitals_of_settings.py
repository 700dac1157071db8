"""A hospital that only a setting of the study names is told, with those that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ehrivig import study
from ehrivig.cli import app
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError
from ehrivig.extract.hospital_names import refuse_strangers


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"quality": {"hospitals": {"north": "drop_hospital"}}},
            "[quality] hospitals names 'north' (did you mean 'North'?): no such hospital is there "
            "(there are: North, South). Mend the name in the study file, or take it out.",
        ),
        (
            {"quality": {"hospitals": {"East": "block_run"}},
             "extract": {"drug_quantity": {"Z": "ml"}}},
            "[quality] hospitals names 'East'; [extract] drug_quantity names 'Z': no such",
        ),
    ],
)  # fmt: skip
def test_it_is_told_with_those_that_are_there(
    changes: dict[str, dict[str, Any]], said: str
) -> None:
    plan = study.load("omop_synthea")
    for section, keys in changes.items():
        inner = getattr(plan, section).model_copy(update=keys)
        plan = plan.model_copy(update={section: inner})
    with pytest.raises(ExtractError) as error:
        refuse_strangers(("North", "South"), plan)
    assert said in str(error.value)


def test_those_that_are_there_pass() -> None:
    plan = study.load("omop_synthea")
    quality = plan.quality.model_copy(update={"hospitals": {"North": "drop_hospital"}})
    refuse_strangers(("North", "South"), plan.model_copy(update={"quality": quality}))


@pytest.mark.parametrize("command", ["run", "check", "study check"])
def test_every_command_that_reads_says_it(tmp_path: Path, command: str) -> None:
    write_demo(tmp_path / "d", patients=50, hospitals=2, defects="none")
    text = study.locate("tocilizumab_covid19").read_text(encoding="utf-8")
    path = tmp_path / "s.toml"
    path.write_text(f'{text}\n[quality]\nhospitals = {{ C = "drop_hospital" }}\n', encoding="utf-8")
    words = [*command.split(), str(path), "--extract", str(tmp_path / "d")]
    out = [] if command == "study check" else ["--out", str(tmp_path / "o")]
    done = CliRunner().invoke(app, [*words, *out])
    assert isinstance(done.exception, ExtractError)
    assert "names 'C': no such hospital is there (there are: A, B)" in str(done.exception)
