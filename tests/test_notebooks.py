"""The tutorial notebooks run from the first cell to the last, each with something to show."""

from __future__ import annotations

import ast
import json
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import pytest
from fuzz.quick_pages import quick_pages

from ehrivig.errors import NumericalWarning
from ehrivig.study import load

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "notebooks"
NAMES = ("1_first_study", "2_why", "3_estimators")


def notebook(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    return content


def shown(value: Any) -> str:
    """What a notebook shows of the last value of a cell."""
    for kind in ("_repr_html_", "_repr_svg_"):
        if draw := getattr(value, kind, None):
            return str(draw())
    return "" if value is None else repr(value)


def executed(name: str) -> list[str]:
    """What each code cell prints and shows, in one set of names."""
    names: dict[str, Any] = {}
    said = []
    for cell in notebook(name)["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree, printed, last = ast.parse("".join(cell["source"])), StringIO(), None
        ends = isinstance(tree.body[-1], ast.Expr)
        value = tree.body.pop() if ends else None
        with redirect_stdout(printed):
            exec(compile(tree, name, "exec"), names)
            if isinstance(value, ast.Expr):
                last = eval(compile(ast.Expression(value.value), name, "eval"), names)
        said.append(printed.getvalue() + shown(last))
    return said


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(FOLDER / "tutorial.toml", folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_to_its_end(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    with quick_pages(), catch_warnings():
        simplefilter("ignore", NumericalWarning)  # 28 people are what they are
        said = executed(name)
    assert all(said)
    wanted = {
        "1_first_study": ("Severe", "primary", "<svg", "smd_matched"),
        "2_why": ("In the cohort", "Read again", "clone_censor_weight", "outside"),
        "3_estimators": ("matched", "Fine-Gray", "discharged", "hospitals"),
    }
    for words in wanted[name]:
        assert any(words in text for text in said), words


def test_notebooks_are_kept_without_output_and_with_a_study_that_is_right() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(NAMES)
    for name in NAMES:
        content = notebook(name)
        assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
        ids = [cell["id"] for cell in content["cells"]]
        assert len(set(ids)) == len(ids)
        code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert load(FOLDER / "tutorial.toml").study.name == "tutorial"
