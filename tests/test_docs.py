"""What the documents name exists: files, modules, commands with their options, targets of make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
import typer

from ehrivig import contract
from ehrivig.cli import app
from ehrivig.extract import usual_words

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")],
    key=lambda path: path.relative_to(ROOT).as_posix(),
)
OF_TODAY = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
"""The documents of the program as it is; the changelog also names what was."""
TOP = {".ci", "docs", "ehrivig", "examples", "expectations", "sql", "tests"}
FILES = [path.name for path in ROOT.iterdir() if path.is_file()] + [
    path.relative_to(ROOT).as_posix()
    for top in sorted(TOP)
    for path in (ROOT / top).rglob("*")
    if "__pycache__" not in path.parts
]
SOURCES = (".R", ".j2", ".md", ".py", ".sql")
"""Endings of files that only the repository has; a run writes tables (CSV, Parquet) of its own."""
PATH = re.compile(r"(?<![\w/:.~-])(?:[\w.*<>{},-]+/)*[\w.*<>{},-]*\w[*>}]?(?!\()")
MODULE = re.compile(r"(?<![\w/.-])ehrivig(?:\.[a-z_]\w*)+")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_of(text: str) -> Iterator[str]:
    """Every line of a fenced block, and every piece of code in a sentence."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for block in blocks:
        yield from block.replace("\\\n", " ").splitlines()
    prose = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from (" ".join(piece.split()) for piece in re.findall(r"`([^`]+)`", prose))


def is_there(name: str) -> bool:
    """Whether a path is one of the repository; `<table>`, `{a,b}` and `*` stand for any name."""
    pattern = re.sub(r"<\w+>|\{[^}]*\}", "*", name)
    if name.partition("/")[0] in TOP:
        return any(fnmatch(path, pattern) for path in FILES)
    return any(fnmatch(f"/{path}", f"*/{pattern}") for path in FILES)


def paths_in(text: str) -> set[str]:
    """What a text names that must be a path of the repository."""
    names = {name.removesuffix("/") for name in PATH.findall(text)}
    below_top = {name for name in names if name.partition("/")[0] in TOP and "/" in name}
    return below_top | {name for name in names if name.endswith(SOURCES)}


def test_paths_are_told_from_words() -> None:
    text = """`sql/layout/<layout>/lab.sql`, [here](docs/run.md#x), expectations/{lab,vital}.json,
    and/or codes/drugs.py. `/opt/ehrivig/run.py` s3://tests/a.py `out/report.html` tests/parity/"""
    assert paths_in(text) == {
        "sql/layout/<layout>/lab.sql",
        "docs/run.md",
        "expectations/{lab,vital}.json",
        "codes/drugs.py",
        "tests/parity",
    }
    assert is_there("sql/layout/<layout>/lab.sql")
    assert is_there("codes/drugs.py")
    assert not is_there("layout/native/lab.sql.j2")
    assert not is_there("tests/codes/drugs.py")


def test_the_documents_are_found() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}
    assert {"README.md", "CHANGELOG.md", "docs/run.md", "examples/README.md"} <= names


@pytest.mark.parametrize("document", OF_TODAY, ids=lambda path: path.name)
def test_every_path_exists(document: Path) -> None:
    assert [name for name in sorted(paths_in(text_of(document))) if not is_there(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", text_of(document))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", OF_TODAY, ids=lambda path: path.name)
def test_every_name_of_the_package_can_be_imported(document: Path) -> None:
    for name in sorted(set(MODULE.findall(text_of(document)))):
        if any(path.endswith(f"/{name}") for path in FILES) or name.endswith(".prom"):
            continue  # a file called ehrivig.something
        found = import_module("ehrivig")
        for i, part in enumerate(name.split(".")[1:], start=2):
            whole = ".".join(name.split(".")[:i])
            found = getattr(found, part, None) or import_module(whole)


def commands_in(text: str) -> Iterator[list[str]]:
    """The words after `ehrivig` wherever a line of code calls it."""
    for line in code_of(text):
        words = line.split("#")[0].removeprefix("$ ").split()
        if words[:1] == ["ehrivig"] and len(words) > 1:
            yield words[1:]


def problem(words: list[str]) -> str:
    """What a call names that the command line does not have; empty when it has all."""
    command: click.Command = typer.main.get_command(app)
    rest = list(words)
    while hasattr(command, "commands"):
        name = rest.pop(0) if rest else ""
        if name not in command.commands:
            return f"no command {name!r}"
        command = command.commands[name]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    return " ".join(sorted(given - known))


def test_a_wrong_command_is_seen() -> None:
    assert problem(["run", "ivig_covid19", "--extract", "x"]) == ""
    assert problem(["layout", "check", "omop"]) == ""
    assert problem(["walk", "ivig_covid19"]) == "no command 'walk'"
    assert problem(["layout", "draw"]) == "no command 'draw'"
    assert problem(["run", "ivig_covid19", "--extracts=x"]) == "--extracts"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_exists_with_its_options(document: Path) -> None:
    calls = {" ".join(words): problem(words) for words in commands_in(text_of(document))}
    assert {call: said for call, said in calls.items() if said} == {}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", text_of(ROOT / "Makefile"), re.MULTILINE))


@pytest.mark.parametrize("document", OF_TODAY, ids=lambda path: path.name)
def test_every_target_and_program_of_the_tests_exists(document: Path) -> None:
    code = list(code_of(text_of(document)))
    named = {words[1] for words in map(str.split, code) if words[:1] == ["make"] and words[1:]}
    assert named <= targets()
    for module in sorted({m for line in code for m in re.findall(r"-m (tests[\w.]*)", line)}):
        assert find_spec(module), module


def test_the_tables_of_an_extract_are_those_of_the_contract() -> None:
    lines = text_of(ROOT / "docs" / "extract.md").splitlines()
    for table in contract.TABLES:
        columns = ", ".join(f"**{c.name}**" if c.required else c.name for c in table.columns)
        assert f"| {table.name} | {table.grain} | {columns} |" in lines


def test_the_words_for_yes_and_no_are_listed() -> None:
    text = " ".join(text_of(ROOT / "docs" / "extract.md").split())
    for words in (usual_words.YES, usual_words.NO, usual_words.NOT_SAID):
        for word in (w for w in words if not w.startswith(("1", "0")) and w not in "ｙｎ１０"):
            assert f"{word}," in text or f"{word} " in text or f"`{word}`" in text, word
