"""What R certifies is what runs: nothing in stats/ or match/ is there for the tests alone."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("ehrivig.stats", "ehrivig.match")
PUBLIC = ("ehrivig.stats", "ehrivig.stats.timezero", "ehrivig.match")

Name = tuple[str, str]
"""A module, and a name at its top level."""


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def trees() -> dict[str, ast.Module]:
    """Module -> what is written in it."""
    files = (ROOT / "ehrivig").rglob("*.py")
    return {dotted(p): ast.parse(p.read_text(encoding="utf-8")) for p in files}


def assigned(node: ast.AST) -> list[str]:
    """The names that a statement at the top level of a module binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return [t.id for t in targets if isinstance(t, ast.Name)]


@cache
def known() -> dict[Name, ast.AST]:
    """Where each name at the top level of a module is bound."""
    return {
        (module, name): node
        for module, tree in trees().items()
        for node in tree.body
        for name in assigned(node)
        if not name.startswith("__")
    }


@cache
def imported() -> dict[str, dict[str, Name]]:
    """Module -> the names that it imports, and from where."""
    return {
        module: {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for module, tree in trees().items()
    }


def defined(module: str, name: str) -> Name | None:
    """Where a name that a module uses is defined, through any number of imports."""
    if (module, name) in known():
        return module, name
    if name not in imported().get(module, {}):
        return None
    origin, theirs = imported()[module][name]
    return defined(origin, theirs) if (origin, theirs) != (module, name) else None


def used(module: str, node: ast.AST) -> set[Name]:
    """The names of this package that a piece of code uses."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(defined(module, part.id))
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            origin = imported()[module].get(part.value.id)
            found.add(defined(".".join(origin), part.attr) if origin else None)
    return {name for name in found if name}


def reached(start: set[Name]) -> set[Name]:
    """All that the names of `start` use, and what that uses, and so on."""
    seen, todo = set(start), list(start)
    while todo:
        module, name = todo.pop()
        fresh = used(module, known()[module, name]) - seen
        seen |= fresh
        todo += fresh
    return seen


def offered() -> set[Name]:
    """What notebooks are promised: the names in `__all__`, and those that the docs list."""
    names = set()
    for module in PUBLIC:
        for node in trees()[module].body:
            if isinstance(node, ast.Assign) and assigned(node) == ["__all__"]:
                names |= {defined(module, n) for n in ast.literal_eval(node.value)}
    text = (ROOT / "docs/statistics.md").read_text(encoding="utf-8")
    section = text.split("## For notebooks\n")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `(ehrivig\.[\w.]+)` ", section, flags=re.MULTILINE)
    assert listed, "the documentation lists nothing"
    names |= {tuple(name.rsplit(".", 1)) for name in listed}
    assert names <= set(known()), f"documented but not there: {names - set(known())}"
    return names


def ours(module: str) -> bool:
    return module.startswith(LAYERS)


def test_nothing_is_there_for_the_tests_alone() -> None:
    program = set().union(*(used(m, t) for m, t in trees().items() if not ours(m)))
    live = reached(program | offered())
    dead = sorted(f"{m}.{n}" for m, n in known() if ours(m) and (m, n) not in live)
    assert dead == ["ehrivig.stats._MODULES"]  # read by __getattr__, which nobody names


def test_no_module_of_the_statistics_imports_one_that_imports_it() -> None:
    """Imports for type checkers count too: a circle is a circle for the reader."""
    wanted = {
        m: {o if o in trees() else "" for o, _ in imported()[m].values()}
        | {f"{o}.{n}" for o, n in imported()[m].values()}
        for m in trees()
        if ours(m) and m not in PUBLIC
    }
    left = {m: {o for o in names if o in wanted and o != m} for m, names in wanted.items()}
    while free := {m for m, names in left.items() if not names & set(left)}:
        left = {m: names for m, names in left.items() if m not in free}
    assert not left, f"these import each other: {sorted(left)}"
