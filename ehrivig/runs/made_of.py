"""What an attempt was made of (study, code, input), and what has changed since the last one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ehrivig.runs import fingerprint
from ehrivig.store.text import replace_text
from ehrivig.study import Study
from ehrivig.study.difference import between, values

FILE = "last.json"
_MOST_TOLD, _LONGEST = 20, 300
Made = dict[str, dict[str, str]]
"""study: place -> value in words; code: part -> version or hash; input: hospital -> hash."""


def of(study: Study | None, inputs: Mapping[str, str] | None) -> Made:
    """What an attempt is made of, as far as it came; a part that it did not read is absent."""
    made: Made = {"code": fingerprint.parts_of_program()}
    if study is not None:
        made["study"] = values(study)
    if inputs is not None:
        made["input"] = dict(inputs)
    return made


def read(folder: Path) -> Made:
    """What the last attempt was made of; empty without one."""
    try:
        content: Any = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    parts = ("study", "code", "input")
    return {name: content[name] for name in parts if isinstance(content.get(name), dict)}


def write(folder: Path, made: Made) -> None:
    """Keep what an attempt was made of for the next one."""
    text = json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False)
    replace_text(folder / FILE, text + "\n")


def changes(before: Made, now: Made) -> str:
    """What has changed since the last attempt, in one line: study key by key, code, input."""
    if not before:
        return "first attempt"
    said = [*_of_study(before, now), *_of_code(before, now), *_of_input(before, now)]
    if len(said) > _MOST_TOLD:
        said = [*said[:_MOST_TOLD], f"and {len(said) - _MOST_TOLD} more"]
    return "; ".join(said) or "nothing"


def _of_study(before: Made, now: Made) -> Iterator[str]:
    if "study" not in now:
        yield "study: could not be read"
        return
    for line in between(before.get("study", {}), now["study"]):
        short = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
        yield f"study: {' '.join(short.split())}"


def _of_code(before: Made, now: Made) -> Iterator[str]:
    """Versions one by one, files of the program by number and the first names."""
    old, new = before.get("code", {}), now["code"]
    changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    files = [name for name in changed if "/" in name]
    for name in changed:
        if name not in files:
            yield f"code: {name} {old.get(name, '(none)')} -> {new.get(name, '(none)')}"
    if files:
        yield f"code: {_counted(files, 'file')}"


def _of_input(before: Made, now: Made) -> Iterator[str]:
    if "input" not in now:
        yield "input: could not be read"
        return
    old, new = before.get("input", {}), now["input"]
    for word, names in (
        ("new", set(new) - set(old)),
        ("gone", set(old) - set(new)),
        ("changed", {name for name in {*old} & {*new} if old[name] != new[name]}),
    ):
        if names:
            yield f"input: {word}: {_counted(sorted(names), 'hospital')}"


def _counted(names: list[str], what: str, most: int = 3) -> str:
    more = ", ..." if len(names) > most else ""
    number = f"{len(names)} {what}{'s' * (len(names) > 1)}"
    return f"{number} ({', '.join(names[:most])}{more})"
