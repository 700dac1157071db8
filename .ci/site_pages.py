"""Pages of the documentation site that are taken from the code, so that they are true.

Hooks of MkDocs (`make docs`): the command line from its help, the keys of the study file from its
schema, the checks from the shipped suites, Python from its docstrings; the root's own pages.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FROM_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
}
PYTHON = (
    "ehrivig.pipeline.run",
    "ehrivig.results.run.Run",
    "ehrivig.study.file.load",
    "ehrivig.match",
    "ehrivig.stats.regression.logistic.logistic",
    "ehrivig.stats.regression.linear.linear",
    "ehrivig.stats.regression.conditional.conditional_logistic",
    "ehrivig.stats.regression.standardise.g_computation",
    "ehrivig.stats.regression.standardise.aipw",
    "ehrivig.stats.weighting.weight",
    "ehrivig.stats.survival.cox.cox",
    "ehrivig.stats.survival.kaplan_meier.kaplan_meier",
    "ehrivig.stats.survival.competing.cumulative_incidence",
    "ehrivig.stats.survival.fine_gray.fine_gray",
    "ehrivig.stats.timezero.clone_censor_weight.clone_censor_weight",
    "ehrivig.stats.timezero.sequential",
    "ehrivig.meta.synthesis",
)


def on_files(files: Any, config: Any) -> Any:
    """The pages of docs/, and those that are made here."""
    from mkdocs.structure.files import File

    made = {target: _from_root(name) for name, target in FROM_ROOT.items()}
    made |= {
        "command-line.md": command_line(),
        "study-keys.md": study_keys(),
        "checks.md": checks(),
        "python.md": python(),
    }
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links to files that are no pages stay as their names."""
    return re.sub(r"\[([^\]]*)\]\(\.\./[^)]*\)", r"\1", markdown)


def _from_root(name: str) -> str:
    """A page of the root, whose links to docs/ are links beside it."""
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"\]\(docs/", "](", text)
    for other, target in FROM_ROOT.items():
        text = text.replace(f"]({other})", f"]({target})")
    return re.sub(r"\[([^\]]*)\]\((?!https?:|#|[\w-]+\.(?:md|png)[)#])[^)]*\)", r"\1", text)


def command_line() -> str:
    """Every command with its help."""
    import typer
    from typer.testing import CliRunner

    from ehrivig.cli import app

    os.environ["COLUMNS"] = "100"
    whole: Any = typer.main.get_command(app)
    parts = ["# Command line\n", _help(app, CliRunner(), [])]
    for name, command in sorted(whole.commands.items()):
        parts += [f"\n## {name}\n", _help(app, CliRunner(), [name])]
        for inner in sorted(getattr(command, "commands", {})):
            parts += [f"\n### {name} {inner}\n", _help(app, CliRunner(), [name, inner])]
    return "\n".join(parts)


def _help(app: Any, runner: Any, words: list[str]) -> str:
    text = runner.invoke(app, [*words, "--help"], prog_name="ehrivig").output
    return f"```text\n{text.strip()}\n```\n"


def study_keys() -> str:
    """Every key of the study file: table, what it takes, what it is without, what it means."""
    from ehrivig.study import json_schema

    schema = json.loads(json_schema())
    parts = ["# Keys of the study file\n", "What each is for: [the study file](study.md).\n"]
    for name, part in schema["properties"].items():
        parts += _keys(schema, f"[{name}]", part, set())
    return "\n".join(parts)


def _keys(schema: dict[str, Any], name: str, part: dict[str, Any], seen: set[str]) -> list[str]:
    model = _model(schema, part)
    if model is None or model in seen:
        return []
    seen = {*seen, model}
    found = schema["$defs"][model]
    lines = [f"\n## {name}\n", "| key | takes | default | meaning |", "|---|---|---|---|"]
    inner: list[str] = []
    for key, value in found.get("properties", {}).items():
        default = "" if "default" not in value else f"`{json.dumps(value['default'])}`"
        default = "required" if key in found.get("required", ()) else default[:60]
        meaning = " ".join(str(value.get("description", "")).split()).replace("|", "\\|")
        lines.append(f"| `{key}` | {_takes(schema, value)} | {default} | {meaning} |")
        inner += _keys(schema, f"{name[:-1]}.{key}]", value, seen)
    return lines + inner


def _model(schema: dict[str, Any], part: dict[str, Any]) -> str | None:
    """The table of keys that a value is, or a list of which it is."""
    if "$ref" in part:
        name = str(part["$ref"]).rsplit("/", 1)[1]
        return name if "properties" in schema["$defs"][name] else None
    for inside in (*part.get("anyOf", ()), *part.get("allOf", ()), part.get("items")):
        found = _model(schema, inside) if isinstance(inside, dict) else None
        if found:
            return found
    return None


def _takes(schema: dict[str, Any], value: dict[str, Any]) -> str:
    if "$ref" in value:
        name = str(value["$ref"]).rsplit("/", 1)[1]
        return _takes(schema, schema["$defs"][name]) if "enum" in schema["$defs"][name] else "table"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_takes(schema, one) for one in value["anyOf"]))
    if value.get("type") == "array":
        return f"list of {_takes(schema, value.get('items') or {})}"
    return str(value.get("type", "any"))


def checks() -> str:
    """The checks of the shipped suites, table by table."""
    parts = ["# Checks\n", "What happens with their verdicts: [the data gate](gate.md).\n"]
    for path in sorted((ROOT / "expectations").glob("*.json")):
        suite = json.loads(path.read_text(encoding="utf-8"))
        lines = [f"\n## {path.stem}\n", "| check | severity | threshold | says | why so far |"]
        lines.append("|---|---|---|---|---|")
        for one in suite["expectations"]:
            meta = one.get("meta") or {}
            says = " ".join(str(meta.get("message", "")).split())
            cells = (
                meta.get("severity", ""),
                meta.get("threshold", ""),
                says,
                meta.get("limit", ""),
            )
            words = " | ".join(str(cell).replace("|", "\\|") for cell in cells)
            lines.append(f"| `{meta.get('id', '')}` | {words} |")
        parts += lines
    return "\n".join(parts) + "\n"


def python() -> str:
    """The names that notebooks use."""
    parts = ["# Python\n"]
    for name in PYTHON:
        module = name
        while True:
            try:
                importlib.import_module(module)
                break
            except ModuleNotFoundError:
                module = module.rpartition(".")[0]
        parts.append(f"\n::: {name}\n")
    return "\n".join(parts)
