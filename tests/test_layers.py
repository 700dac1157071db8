"""The house: imports point down, and each engine is spoken to in one place."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ehrivig import contract, resources

PACKAGE = Path(__file__).resolve().parents[1] / "ehrivig"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, at any depth of the code."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def users_of(name: str) -> set[str]:
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(m == name or m.startswith(f"{name}.") for m in imported(path))
    }


def test_duckdb_is_spoken_to_in_one_module() -> None:
    assert users_of("duckdb") == {"database.py"}


def test_great_expectations_only_in_the_gate() -> None:
    assert all(name.startswith("validate/") for name in users_of("great_expectations"))


@pytest.mark.parametrize("layer", ["stats", "match"])
def test_statistics_see_arrays_only(layer: str) -> None:
    allowed = ("ehrivig.errors", "ehrivig.stats", "ehrivig.match")
    for path in (PACKAGE / layer).rglob("*.py"):
        names = imported(path)
        assert not {n.split(".")[0] for n in names} & {"polars", "pandas", "duckdb"}, path.name
        assert all(n.startswith(allowed) for n in names if n.startswith("ehrivig.")), path.name


STEPS = ("extract", "validate", "features", "cohort", "comparison", "analysis", "report")


@pytest.mark.parametrize("step", STEPS)
def test_steps_do_not_import_each_other(step: str) -> None:
    files = [PACKAGE / f"{step}.py"] if (PACKAGE / f"{step}.py").is_file() else []
    files += list((PACKAGE / step).rglob("*.py"))
    others = {f"ehrivig.{name}" for name in STEPS if name != step}
    allowed = {("analysis", "ehrivig.features")}  # the names of bands
    for path in files:
        for name in imported(path):
            top = ".".join(name.split(".")[:2])
            assert top not in others or (step, top) in allowed, f"{path.name} imports {name}"


def test_one_noun_per_table_everywhere() -> None:
    nouns = {table.name for table in contract.TABLES}
    suites = {path.stem for path in resources.expectations_folder().glob("*.json")}
    native = {path.stem for path in (resources.sql_folder() / "layout/native").glob("*.sql")}
    assert suites == nouns
    assert native == nouns


@pytest.mark.parametrize("module", ["ehrivig", "ehrivig.cli"])
def test_start_up_is_light(module: str) -> None:
    heavy = [
        "scipy",
        "matplotlib",
        "great_expectations",
        "sklearn",
        "statsmodels",
        "pandas",
        "polars",
        "duckdb",
        "pyarrow",
        "fsspec",
        "distributed",
    ]
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
