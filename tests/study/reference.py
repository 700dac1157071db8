"""The part of docs/study.md that lists every key and every name, made from classes and registries.

`python -m tests.study.reference` writes it anew.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ehrivig.study.fields import Key, keys
from ehrivig.study.registries import (
    CONCEPTS,
    COVARIATES,
    CRITERIA,
    MOVING,
    NAME_LISTS,
    OUTCOMES,
    SENSITIVITY,
    SEVERITIES,
    NameList,
)
from ehrivig.study.registries.criteria import EVIDENCE

BEGIN = "<!-- From here on made by `python -m tests.study.reference`. -->"
END = "<!-- To here. -->"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "study.md"
_SOURCE = ("from", "what it is", "answer", "`code`, else `name`, is one of the")
_MOST_LISTED = 590  # time zones are more


def renewed(page: str) -> str:
    """The page with what stands between its marks made anew."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{reference()}\n{tables()}\n{END}{rest.partition(END)[2]}"


def reference() -> str:
    """Every key, section by section: its type, default, what it is, allowed values, an example."""
    head = ("key", "type", "default", "what it is", "example")
    parts = ["## Every key\n", "A key without a default must be there.\n"]
    found: dict[tuple[str, ...], list[Key]] = {}
    for key in keys():
        found.setdefault(key.path[:-1], []).append(key)
    for section, inside in found.items():
        rows = [key_row(key) for key in inside if section or key.inner is None]
        if rows:
            parts.append(_table(f"`[{'.'.join(section)}]`", head, rows))
    return "\n".join(parts)


def key_row(key: Key) -> list[str]:
    """The line of one key."""
    return [
        _code(key.path[-1]),
        type_of(key.info.annotation),
        default_of(key),
        (key.info.description or "").split("\n")[0] + allowed(key),
        "" if not key.info.examples else _code(toml(key.info.examples[0])),
    ]


def type_of(annotation: Any) -> str:
    """The type of a value in words of TOML."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(type_of(one) for one in inner if one is not type(None))
    if hasattr(annotation, "__metadata__"):
        return type_of(inner[0])
    if origin is Literal:
        return "one of"
    if origin is tuple:
        many = len(inner) == 2 and inner[1] is ...
        return f"list of {type_of(inner[0])}" if many else f"[{', '.join(map(type_of, inner))}]"
    if origin is dict:
        return f"table of {type_of(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return {str: "text", int: "whole number", float: "number", bool: "true/false", date: "date"}[
        annotation
    ]


def default_of(key: Key) -> str:
    """What holds without the key; empty for a key that must be there."""
    default = key.info.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return ""
    if isinstance(default, BaseModel):
        return "all defaults"
    return "none" if default is None else _code(toml(default))


def allowed(key: Key) -> str:
    """The values that are allowed, where they are few words, and the range of a number."""
    values, ranges = _limits(key)
    text = f" One of {', '.join(map(_code, values))}." if values else ""
    return text + (f" {'; '.join(ranges).capitalize()}." if ranges else "")


def _limits(key: Key) -> tuple[list[str], list[str]]:
    """Words of an enumeration and limits of numbers, of the key or of what it lists."""
    found = key.section.model_json_schema(by_alias=True)["properties"][key.path[-1]]
    parts = [found, *found.get("anyOf", ()), found.get("items", {})]
    parts.append(found.get("additionalProperties", {}))
    parts += found.get("prefixItems", ())[:1]
    parts = [part for part in parts if isinstance(part, dict)]
    values = [
        v for part in parts for v in part.get("enum", [part["const"]] if "const" in part else [])
    ]
    words = {"exclusiveMinimum": "above", "minimum": "at least"}
    words |= {"exclusiveMaximum": "below", "maximum": "at most"}
    limits = [f"{word} {toml(part[k])}" for part in parts for k, word in words.items() if k in part]
    return list(dict.fromkeys(values)), list(dict.fromkeys(limits))


def toml(value: Any) -> str:
    """A value as a study file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value if _is_day(value) else f'"{value}"'
    if isinstance(value, Mapping):
        pairs = (f"{_bare(str(name))} = {toml(part)}" for name, part in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _bare(name: str) -> str:
    return name if name.replace("_", "").isalnum() else f'"{name}"'


def tables() -> str:
    """One Markdown table per registry, with its heading."""
    return "\n".join(
        [
            "## What can be named\n",
            _table(
                "`from` in `[covariates]`",
                _SOURCE,
                ([_code(e.name), e.caption, e.doc, _list(e.codes)] for e in COVARIATES),
            ),
            _table(
                "`from` in `[outcomes]`",
                _SOURCE,
                ([_code(e.name), e.caption, e.doc, _list(e.codes)] for e in OUTCOMES),
            ),
            _table(
                "`rule` of a criterion in `[cohort]`",
                ("rule", "what it is", "who stays", "needs"),
                (
                    [_code(e.name), e.caption, e.doc, " or ".join(map(_code, e.needs))]
                    for e in CRITERIA
                ),
            ),
            "Evidence of rule `any_of`: "
            + ", ".join(f"`{key}` is one of the {_list(names)}" for key, names in EVIDENCE.items())
            + ".\n",
            _table(
                "`severity` in `[cohort]`",
                ("severity", "what it is", "definition"),
                ([_code(e.name), e.caption, e.doc] for e in SEVERITIES),
            ),
            _table(
                "`sensitivity` in `[analysis]`",
                ("sensitivity", "what it is", "what is asked", "`analysis` in effects.csv"),
                ([_code(e.name), e.caption, e.doc, _code(e.table.name)] for e in SENSITIVITY),
            ),
            _table(
                "`time_varying` in `[analysis]`",
                ("time_varying", "what it is", "made of"),
                ([_code(e.name), e.caption, e.doc] for e in MOVING),
            ),
            _table(
                "Lists of names",
                ("list", "where its names come from", "names"),
                ([e.caption, e.doc, _names(e)] for e in NAME_LISTS),
            ),
            _table(
                "Clinical definitions",
                ("name", "what it is", "definition"),
                ([_code(e.name), e.caption, e.doc] for e in CONCEPTS),
            ),
        ]
    )


def _table(heading: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"### {heading}\n\n{body}\n"


def _code(text: str) -> str:
    return f"`{text}`"


def _names(names: NameList) -> str:
    """The names themselves where they are few, and whether an extract may bring others."""
    few = ", ".join(map(_code, names.names)) if len(names.names) <= _MOST_LISTED else ""
    return f"{few}; others as the extract has them" if names.open else few


def _list(names: NameList | None) -> str:
    return "" if names is None else names.caption.lower()


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
