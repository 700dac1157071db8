"""One drawing style: matplotlib is spoken to in one folder, which knows no step."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "ehrivig"
STYLE = ("rcParams", "rc_context", "svg.hashsalt", "savefig", "#0072b2", "#d55e00")
"""What only the layer of figures says: settings, the palette and how a file is written."""


def modules() -> Iterator[tuple[str, str]]:
    """Every module's place in the package and its text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")


def imports(text: str) -> set[str]:
    """The modules that a file imports, at any depth of the code."""
    nodes = list(ast.walk(ast.parse(text)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module}


def roots(text: str) -> set[str]:
    """The packages that a file imports from."""
    return {name.split(".")[0] for name in imports(text)}


def test_matplotlib_is_imported_only_in_the_layer_of_figures() -> None:
    users = {name for name, text in modules() if "matplotlib" in roots(text)}
    assert {name.split("/")[0] for name in users} == {"figures"}


def test_the_layer_of_figures_knows_no_step() -> None:
    allowed = ("ehrivig.figures", "ehrivig.errors")
    for name, text in modules():
        if name.startswith("figures/"):
            own = {m for m in imports(text) if m.split(".")[0] == "ehrivig"}
            assert all(m.startswith(allowed) for m in own), name


@pytest.mark.parametrize("word", STYLE)
def test_the_style_is_said_once(word: str) -> None:
    users = {name for name, text in modules() if word.lower() in text.lower()}
    assert all(name.startswith("figures/") for name in users)


def test_a_figure_is_made_in_one_place() -> None:
    """Whoever draws gets a figure in the house style from `drawing`; a class is only a type."""
    makers = {
        name
        for name, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Figure"
    }
    assert makers == {"figures/style.py"}
    drawers = {name for name, text in modules() if "drawing(" in text}
    assert drawers >= {"report/figures.py", "meta/funnel.py", "validate/quality/figures.py"}
