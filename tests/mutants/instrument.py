"""A copy of the package in which every function says that it was called."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

HITS = Path(__file__).with_name("hits.py")


def functions(tree: ast.AST, above: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function with its qualified name, classes and outer functions in front."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = f"{above}.{node.name}" if above else node.name
            if isinstance(node, ast.FunctionDef):
                yield name, node
            yield from functions(node, name)
        else:
            yield from functions(node, above)


def instrument(checkout: Path) -> list[str]:
    """Rewrite the package of a checkout in place; the "path::function" of each number."""
    keys: list[str] = []
    for path in sorted(checkout.glob("ehrivig/**/*.py")):
        text = path.read_text(encoding="utf-8")
        if text.strip():
            name = path.relative_to(checkout).as_posix()
            path.write_text(_instrumented(text, name, keys), encoding="utf-8")
    shutil.copy(HITS, checkout / "_hits.py")
    return keys


def _instrumented(text: str, path: str, keys: list[str]) -> str:
    tree, lines = ast.parse(text), text.splitlines(keepends=True)
    added: list[tuple[int, str]] = []
    for name, node in functions(tree):
        first = _first_statement(node.body)
        if first.lineno > node.lineno and first.lineno == _line(first):
            added.append((first.lineno, f"{' ' * first.col_offset}_hit_({len(keys)})\n"))
            keys.append(f"{path}::{name}")
    for line, statement in sorted(added, reverse=True):
        lines.insert(line - 1, statement)
    start = _after_future(tree)
    lines.insert(start, "from _hits import hit as _hit_\n")
    return "".join(lines)


def _first_statement(body: list[ast.stmt]) -> ast.stmt:
    """Past the docstring, unless there is nothing else."""
    first = body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1] if is_text and len(body) > 1 else first


def _line(statement: ast.stmt) -> int:
    """The line that a statement begins on, its decorators included."""
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _after_future(tree: ast.Module) -> int:
    """The number of lines up to the last `from __future__` import, or to the docstring's end."""
    last = 0
    for node in tree.body:
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if (future or (text and last == 0)) and node.end_lineno:
            last = node.end_lineno
    return last
