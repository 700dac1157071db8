"""What pydantic finds wrong with a study file, in words of the study file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError

from ehrivig.study.fields import key_at, keys_in
from ehrivig.study.lines import Path
from ehrivig.study.named import part
from ehrivig.study.problem import Problem, meant, near, shown

_WANTED = {
    "string_type": 'text in quotes, such as "..."',
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list, such as [..., ...]",
    "dict_type": "a table, such as { ... = ... }",
    "model_type": "a table of keys",
    "model_attributes_type": "a table of keys",
    "date_type": "a date: write it as 2020-01-31, without time",
}
_UNQUOTED = ("int_type", "float_type", "bool_type", "date_type")
_RANGE = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}
_LIMIT = {
    "greater_than": "gt",
    "greater_than_equal": "ge",
    "less_than": "lt",
    "less_than_equal": "le",
}
_NONE_OF = " is none of "
_SLUG = "a name: small letters a-z, digits and _, the first a letter"


def problems_of(error: ValidationError, content: Any) -> list[Problem]:
    """One problem for each that pydantic found; `content` is what it was given."""
    found = [_problem(dict(item), content) for item in error.errors(include_url=False)]
    found = [one for one in found if not _of_the_other_branch(found, one, content)]
    return [_of_both(one, content) for one in found]


def _problem(item: dict[str, Any], content: Any) -> Problem:
    path = _place(item["loc"], content, missing=item["type"] == "missing")
    if item["type"] == "extra_forbidden":
        return Problem(path, _unknown_key(path))
    if item["type"] == "missing":
        return _missing(path, content)
    return Problem(path, _text(item, path))


def _place(loc: tuple[str | int, ...], content: Any, *, missing: bool) -> Path:
    """The place without what pydantic adds to it: the branches of a choice, `[key]` of a key."""
    path: Path = ()
    for number, step in enumerate(loc):
        last = missing and number == len(loc) - 1
        if part(content, *path, step) is not None or last or key_at((*path, step)):
            path = (*path, step)
    return path


def _unknown_key(path: Path) -> str:
    """A key that nobody reads, and the one that was probably meant."""
    name, known = str(path[-1]), keys_in(path[:-1])
    elsewhere = [k for k in _sections_with(name) if k != path[:-1]]
    if near(name, known) is None and elsewhere:
        return f"unknown key here. It belongs to [{'.'.join(elsewhere[0])}]."
    return f"unknown key. {meant(name, known)}"


def _sections_with(name: str) -> list[tuple[str, ...]]:
    """The sections at the top of the file that have a key of that name."""
    return [(section,) for section in keys_in(()) if name in keys_in((section,))]


def _missing(path: Path, content: Any) -> Problem:
    """A key that must be there, with an example; or too few numbers in a list."""
    key = key_at(path)
    if isinstance(path[-1], int):
        return Problem(path[:-1], "wants two values: [first, last].")
    example = (key.info.examples or [None])[0] if key else None
    text = "missing." if example is None else f"missing. Write for instance {_toml(path, example)}"
    if key is not None and example is None:
        what = (key.info.description or "").rstrip(".")
        text = f"the section [{'.'.join(key.path)}] is missing: {what[:1].lower()}{what[1:]}."
    return Problem(path, text)


def _toml(path: Path, example: Any) -> str:
    value = f'"{example}"' if isinstance(example, str) else example
    return f"{path[-1]} = {'[...]' if isinstance(example, list) else value}."


def _text(item: dict[str, Any], path: Path) -> str:
    """What is wrong with a value that is there."""
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    if kind in _WANTED:
        quoted = isinstance(value, str) and kind in _UNQUOTED
        joint = " and" if kind == "date_type" else ","
        return f"{_named(value)} is not {_WANTED[kind]}{f'{joint} without quotes' * quoted}."
    if kind in _RANGE:
        limit = context[_LIMIT[kind]]
        return f"{shown(value)} is not {_RANGE[kind]} {_plain(limit)}."
    if kind == "literal_error":
        return _none_of(value, context["expected"])
    if kind == "string_pattern_mismatch":
        return f"{shown(value)} is not {_SLUG}."
    if kind == "finite_number":
        return f"{shown(value)} is no number that can be used. {_left_out(path)}"
    if kind in ("too_short", "string_too_short"):
        return "is empty: name at least one." if kind == "too_short" else "is empty: write it."
    if kind == "too_long":
        return "wants two values: [first, last]."
    if kind == "string_too_long":
        return f"is too long: at most {context['max_length']} letters."
    said = str(item["msg"]).removeprefix("Value error, ").rstrip(".")
    return said if said.endswith("?") else f"{said}."


def _left_out(path: Path) -> str:
    """What a number that is none should be: what the key is when it is left out."""
    key = key_at(path) if path and isinstance(path[-1], str) else None
    default = key.info.default if key is not None and not key.info.is_required() else ...
    if default is None and path[-1] != "cut":
        return "Leave the key out for no limit."
    usual = isinstance(default, int | float) and not isinstance(default, bool)
    return f"Write a number; left out it is {default:g}." if usual else "Write a number."


def _plain(limit: Any) -> str:
    """A limit without needless digits."""
    return str(int(limit)) if isinstance(limit, float) and limit.is_integer() else str(limit)


def _none_of(value: Any, expected: str) -> str:
    """A word that is none of a few; pydantic lists them as "'a', 'b' or 'c'"."""
    names = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    listed = ", ".join(names)
    if isinstance(value, str) and (found := near(value, names)):
        return f"{shown(value)} is none of {listed}. Did you mean {shown(found)}?"
    return f"{shown(value)} is none of {listed}."


def _named(value: Any) -> str:
    """A wrong value, or of which kind it is where it is a whole table or list."""
    kinds = {Mapping: "a table", list: "a list", tuple: "a list", bool: None}
    for kind, word in kinds.items():
        if isinstance(value, kind):
            return word or str(value).lower()
    return shown(value)


def _of_words(found: list[Problem], one: Problem, content: Any) -> bool:
    """Of a number or a word: whether a problem is of the one that was not meant."""
    others = [p.text for p in found if p.path == one.path and p != one]
    value = part(content, *one.path)
    word = isinstance(value, str) and not _reads_as_number(value)
    if _NONE_OF in one.text:
        return bool(others) and not word
    return word and "a number" in one.text and any(_NONE_OF in text for text in others)


def _of_both(one: Problem, content: Any) -> Problem:
    """What is none of the words, where a number could stand as well, says so."""
    key = key_at(one.path)
    if _NONE_OF not in one.text or key is None or not _takes_a_number(key.info.annotation):
        return one
    return Problem(one.path, one.text.replace(_NONE_OF, " is no number, and none of ", 1))


def _takes_a_number(annotation: Any) -> bool:
    inner = [one for one in get_args(annotation) if one is not type(None)]
    bare = [get_args(one)[0] if hasattr(one, "__metadata__") else one for one in inner]
    return float in bare and len(bare) > 1


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _of_the_other_branch(found: list[Problem], one: Problem, content: Any) -> bool:
    """Whether a problem is of a branch of a choice that nobody can have meant."""
    if _of_words(found, one, content):
        return True
    others = [p for p in found if p.path == one.path and p != one]
    is_table = isinstance(part(content, *one.path), Mapping)
    inside = any(p.path[: len(one.path)] == one.path and p.path != one.path for p in found)
    if inside and one.text.startswith("is empty"):
        return True  # of the items, none is left that could be used
    if is_table and inside and "a number" in one.text:
        return True
    return bool(others) and not is_table and "a table" in one.text
