"""Files of TOML that a study file names: signed mappings, regimens of one's own."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ehrivig.study import lines
from ehrivig.study.problem import line_of, meant, shown

Model = TypeVar("Model", bound=BaseModel)
_MOST_SHOWN = 40
_RANGE = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}


def read(model: type[Model], path: Path) -> tuple[Model | None, list[str]]:
    """The content of a file, None where it cannot be used, and what is wrong with it, line by line.

    FileNotFoundError where there is none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content, places = tomllib.loads(text), lines.lines_of(text)
    except FileNotFoundError:
        raise
    except OSError as error:
        return None, [f"cannot be read: {error.strerror}. Mend its permissions."]
    except (ValueError, RecursionError) as error:
        return None, [f"is not TOML: {lines.why(error)}"]
    try:
        return model.model_validate(content), []
    except ValidationError as error:
        items = error.errors(include_url=False)
        return None, list(dict.fromkeys(_told(model, items, content, places)))


def places_of(path: Path) -> dict[lines.Path, int]:
    """The line of each value of a file that could be read."""
    return lines.lines_of(path.read_text(encoding="utf-8-sig"))


def place(path: lines.Path, places: dict[lines.Path, int], file: Path) -> str:
    """A place in a file that the study file names, in words: file, line, items from 1."""
    return f"{file.name}, {_start(path, places)}"


def _told(
    model: type[BaseModel], items: list[Any], content: Any, places: dict[lines.Path, int]
) -> list[str]:
    """Each problem with its line and place; of a list that none can be used of, those inside."""
    paths = [tuple(item["loc"]) for item in items]
    said = [
        (line_of(path, places) or 0, f"{_start(path, places)}{_text(model, item, content)}")
        for path, item in zip(paths, items, strict=True)
        if not (item["type"] == "too_short" and any(p[:-1] and p[0] == path[0] for p in paths))
    ]
    return [text for _, text in sorted(said)]


def listed(problems: Sequence[str]) -> str:
    """The first problems of a file line by line, and how many more there are."""
    more = len(problems) - _MOST_SHOWN
    rest = [f"... and {more:,} more."] if more > 0 else []
    return "\n  ".join([*problems[:_MOST_SHOWN], *rest])


def _start(path: lines.Path, places: dict[lines.Path, int]) -> str:
    """The line, then the place with items counted from 1."""
    number = line_of(path, places)
    words = ".".join(f"({p + 1})" if isinstance(p, int) else p for p in path)
    return f"{'' if number is None else f'line {number}: '}{words or 'file'}: "


def _text(model: type[BaseModel], item: Any, content: Any) -> str:
    """What is wrong with one value, and how to mend it."""
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key. {meant(str(item['loc'][-1]), _keys(model, item['loc'][:-1]))}"
    if kind == "missing":
        return f"missing. {_CURES.get(str(item['loc'][-1]), 'Write it.')}"
    if kind in _RANGE:
        word, limit = _RANGE[kind]
        return f"{shown(value)} is not {word} {context[limit]:g}."
    if kind in ("float_type", "finite_number"):
        written = str(value).lower() if isinstance(value, bool) else shown(value)
        return f"{written} is not a number that can be used, without quotes."
    if kind == "literal_error":
        return f"{shown(value)} is none of {_words(context['expected'])}."
    return str(item["msg"]).removeprefix("Value error, ").rstrip(".") + "."


def _words(expected: str) -> str:
    """The words that pydantic lists as "'a', 'b' or 'c'"."""
    return expected.replace(" or ", ", ").replace("'", "")


_CURES = {
    "signed_by": 'Write who answers for it: signed_by = "A. Steward".',
    "signed_on": "Write when it was signed: signed_on = 2020-07-02.",
    "reason": 'Write why: reason = "confirmed with the laboratory".',
    "hospital_id": 'Write of which hospital: hospital_id = "C".',
    "step": 'Write at least one: [[step]] with drug, dose and basis = "g/kg".',
    "basis": 'Write what the dose counts: basis = "g/kg".',
    "name": "Write a name: small letters, digits and _.",
    "label": "Write the words of tables.",
}


def _keys(model: type[BaseModel], path: lines.Path) -> tuple[str, ...]:
    """The keys that may stand in a table at a place."""
    inner: Any = model
    for step in (one for one in path if isinstance(one, str)):
        found = inner.model_fields[step].annotation
        inner = next((a for a in getattr(found, "__args__", ()) if isinstance(a, type)), None)
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return ()
    return tuple(inner.model_fields)
