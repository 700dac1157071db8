"""The documentation site: every page of docs/ is in its contents, generated pages are true."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from ehrivig.study import json_schema

ROOT = Path(__file__).resolve().parents[1]
PLAN = (ROOT / ".ci" / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / ".ci" / "site_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_the_contents() -> None:
    named = set(re.findall(r": ([\w-]+\.md)$", PLAN, re.M))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= named
    made = {"index.md", "command-line.md", "study-keys.md", "checks.md", "python.md"}
    assert named - {path.name for path in (ROOT / "docs").glob("*.md")} == made | {
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    }


def test_every_key_of_the_study_file_is_told(pages: ModuleType) -> None:
    text = pages.study_keys()
    schema = json.loads(json_schema())
    for name, part in schema["properties"].items():
        model = pages._model(schema, part)
        for key in schema["$defs"].get(model, {}).get("properties", {}):
            assert f"| `{key}` |" in text, f"[{name}] {key}"


def test_every_check_and_every_command_is_told(pages: ModuleType) -> None:
    text = pages.checks()
    ids = re.findall(r'"id": "([^"]+)"', (ROOT / "expectations" / "lab.json").read_text())
    assert len(ids) > 20
    assert all(f"| `{one}` |" in text for one in ids)
    words = pages.command_line()
    for name in ("run", "view", "why", "layout draft", "study check"):
        assert re.search(rf"^##+ {name}$", words, re.M), name
    assert "Traceback" not in words


def test_names_of_python_are_there(pages: ModuleType) -> None:
    assert pages.python().count(":::") == len(pages.PYTHON)
    for name in pages.PYTHON:
        module, _, last = name.rpartition(".")
        found = importlib.util.find_spec(name) if _is_module(name) else None
        assert found or hasattr(importlib.import_module(module), last), name


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
