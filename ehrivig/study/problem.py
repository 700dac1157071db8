"""What is wrong with a study file: where, what, and the name that was probably meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from ehrivig.errors import many
from ehrivig.study.lines import Path

MOST_SHOWN = 48
_NEAR = 0.7  # of difflib: "hypertensoin" is near "hypertension", "sarilumab" not "rituximab"
_NEAR_SHORT, _SHORT = 0.75, 4  # letters: "CST" is not near "UCT"
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One problem of a study file. `path`: the place of the value that is wrong, or lacks one."""

    path: Path
    text: str


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant; None when none is like it.

    Case, accents, blanks and hyphens never part two names: "SARS-CoV-2" is near "sars_cov_2".
    """
    plain = {_plain(one): one for one in sorted(set(known), reverse=True)}
    asked = _plain(name)
    if asked in plain:
        return plain[asked]
    cutoff = _NEAR_SHORT if len(asked) <= _SHORT else _NEAR
    found = get_close_matches(asked, sorted(plain), n=1, cutoff=cutoff)
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    """A name without case, accents, and with one sign for whatever is no letter or digit."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "_", bare).strip("_")


def meant(name: str, known: Iterable[str]) -> str:
    """A sentence with the probable name; where none is near, one with all of them."""
    names = sorted(set(known))
    found = near(name, names)
    if found is not None:
        return f"Did you mean {shown(found)}?"
    return f"Known: {', '.join(names)}." if names else "None is known."


def shown(value: Any) -> str:
    """A value of the study file in a message, in one line and not too long."""
    plain = str(value) if isinstance(value, date) else repr(value)
    text = "".join(c if c.isprintable() else "?" for c in plain)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def place(path: Path, content: Any) -> str:
    """The place in words: a variable by its name, not by its number in the list."""
    words: list[str] = []
    for part in path:
        inside = content
        content = _part(content, part)
        if isinstance(part, str):
            words.append(part)
        elif isinstance(content, Mapping) and isinstance(inside, list | tuple):
            words += _item(content, part)
    text = ".".join(words)
    return re.sub(r"^(covariates|outcomes)\.variables\.", r"\1.", text) or "study file"


def _item(content: Mapping[str, Any], number: int) -> list[str]:
    """The name of an item of a list of tables; its number, from 1, where it has none."""
    name = content.get("name")
    known = isinstance(name, str) and name != ""
    return [_short(str(name))] if known else [f"({number + 1})"]


def _short(name: str) -> str:
    return shown(name)[1:-1]


def _part(content: Any, part: str | int) -> Any:
    try:
        return content[part]
    except (KeyError, IndexError, TypeError):
        return None


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of a place, or of the nearest thing around it; None without lines."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return None


def report(where: str, problems: Iterable[Problem], content: Any, lines: Mapping[Path, int]) -> str:
    """All problems in the order of the file, each with its line; at most MOST_SHOWN of them."""
    said = told(problems, content, lines)
    shown_first = said[:MOST_SHOWN]
    if len(said) > MOST_SHOWN:
        shown_first.append(f"... and {len(said) - MOST_SHOWN} more. Mend these first.")
    number = many(len(said), "problem")
    return f"study: {where} has {number}:\n  " + "\n  ".join(shown_first)


def told(problems: Iterable[Problem], content: Any, lines: Mapping[Path, int]) -> list[str]:
    """Each problem once, with its line and place, in the order of the file."""
    distinct = dict.fromkeys(problems)
    ordered = sorted(distinct, key=lambda problem: line_of(problem.path, lines) or 0)
    return [_line(problem, content, lines) for problem in ordered]


def _line(problem: Problem, content: Any, lines: Mapping[Path, int]) -> str:
    number = line_of(problem.path, lines)
    start = "" if number is None else f"line {number}: "
    stop = "" if problem.text.endswith((".", "?")) else "."
    return f"{start}{place(problem.path, content)}: {problem.text}{stop}"
