"""The house: imports point down, and each engine is spoken to in one place."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from ehrivig import contract, resources

PACKAGE = Path(__file__).resolve().parents[1] / "ehrivig"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "interrupts"),
    ("console", "contract", "disclosure", "figures", "literals", "resources"),
    ("stats", "store"),
    ("codes", "database", "demo", "meta", "study"),
    ("audit", "batch", "concepts", "dataset", "release"),
    ("extract", "validate", "cohort", "features", "match", "analysis", "report"),
    ("calibrate", "results", "runs", "use"),
    ("pipeline",),
    ("commands",),
    ("cli",),
    ("",),
)
"""From the ground up: a part may import its own folder and what lies in lower layers."""
WITHIN_A_LAYER = {
    ("codes", "database"): "code lists as tables",
    ("study", "codes"): "the lists that the names in a study come from",
    ("results", "runs"): "an admission that is asked again is worked on as in a run",
    ("runs", "use"): "the use of the drug is part of a hospital's work",
}
"""Imports between parts of one layer, each with its reason; none of a step by a step."""
HEIGHT = {part: height for height, layer in enumerate(LAYERS) for part in layer}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path, *, at_start: bool = False) -> frozenset[str]:
    """Every module that a file imports, at any depth of the code; or only when it is loaded."""
    tree = parsed(path)
    found: set[str] = set()
    for node in _loaded(tree) if at_start else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in names}
    return frozenset(found)


def _loaded(tree: ast.Module) -> list[ast.stmt]:
    """The statements that run when a module is loaded: not those for type checkers alone."""
    return [node for node in tree.body if not isinstance(node, ast.If)]


def part_of(module: str) -> str:
    """The part of the package that a module is: a folder, or a module of the root."""
    return module.split(".")[1] if "." in module else ""


def users_of(name: str) -> set[str]:
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES.values()
        if any(m == name or m.startswith(f"{name}.") for m in imported(path))
    }


def test_every_part_has_its_layer() -> None:
    assert {part_of(module) for module in MODULES} == set(HEIGHT)


@pytest.mark.parametrize("part", sorted(set(HEIGHT) - {""}))
def test_imports_point_down(part: str) -> None:
    used: set[str] = set()
    for module, path in MODULES.items():
        if part_of(module) == part:
            used |= {part_of(m) for m in imported(path) if m in MODULES and m != "ehrivig"}
    for other in sorted(used - {part}):
        allowed = HEIGHT[other] < HEIGHT[part] or (part, other) in WITHIN_A_LAYER
        assert allowed, f"{part} imports {other}"


def test_no_import_circle() -> None:
    graph = {
        module: {m for m in imported(path, at_start=True) if m in MODULES and m != module}
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


NOUNS = {"competing", "dosing", "mapping", "matching", "missing", "spelling", "weighting"}
"""Words on -ing that the field uses as names of things."""


def test_no_module_is_named_by_a_gerund() -> None:
    names = {part for module in MODULES for part in re.split(r"[._]", module)}
    assert {name for name in names if name.endswith("ing")} <= NOUNS


def test_the_root_is_small() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 12


def test_duckdb_is_spoken_to_in_one_package() -> None:
    assert {name.split("/")[0] for name in users_of("duckdb")} == {"database"}


def test_great_expectations_only_in_the_adapter() -> None:
    users = users_of("great_expectations")
    assert users
    assert all(name.startswith("validate/adapter/") for name in users)


def test_statistics_see_arrays_only() -> None:
    for path in (PACKAGE / "stats").rglob("*.py"):
        if path.name == "shown.py":  # a result as a frame, when that is asked for
            continue
        names = imported(path)
        assert not {n.split(".")[0] for n in names} & {"polars", "pandas", "duckdb"}, path.name


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
