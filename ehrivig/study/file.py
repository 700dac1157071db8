"""From a TOML file to a study, or to a list of all its problems."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ehrivig import resources
from ehrivig.codes.doubtful import doubts
from ehrivig.errors import StudyError
from ehrivig.study import lines
from ehrivig.study.data import Extract
from ehrivig.study.doubts import doubts_of
from ehrivig.study.fields import key_at
from ehrivig.study.known_names import KnownNames, known_names
from ehrivig.study.messages import problems_of
from ehrivig.study.named import part, unknown_names, wrong_mappings
from ehrivig.study.paths import with_paths
from ehrivig.study.problem import Problem, near, report, shown, told
from ehrivig.study.references import wrong_references
from ehrivig.study.rules import broken_rules
from ehrivig.study.whole import RULES_LATER, Study

_DEEPEST = 20
_LARGEST_BYTES = 1_000_000
_ROUNDS = 4


def packaged() -> list[str]:
    """The names of the studies that ship with the package."""
    return sorted(path.stem for path in resources.studies_folder().glob("*.toml"))


def locate(name: str) -> Path:
    """The path of a study file, or of the packaged study of that name."""
    if name in packaged():
        return resources.studies_folder() / f"{name}.toml"
    path = Path(name)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):
        pass
    found = near(name, packaged())
    suggestion = f" Did you mean {found!r}?" if found else ""
    raise StudyError(
        f"study: no file {shown(name)}, and no packaged study of that name "
        f"(there are: {', '.join(packaged())}).{suggestion} Give one of these, or the path of a "
        "study file."
    )


def load(name: str | Path) -> Study:
    """The study in a TOML file or of a packaged name; StudyError lists every problem at once."""
    path = locate(str(name))
    content, places = _content(path)
    return parse(content, path.name, folder=path.parent, places=places)


def doubted(name: str | Path) -> list[str]:
    """What the reader of a study file should know of it, line by line; StudyError as of `load`."""
    study = load(name)
    content, places = _content(locate(str(name)))
    return [
        *told(doubts_of(study), content, places),
        *(one if one.endswith("?") else f"{one}." for one in doubts(study.lists)),
    ]


def _content(path: Path) -> tuple[dict[str, Any], dict[lines.Path, int]]:
    """A study file as TOML gives it, and the line of each value."""
    text = text_of(path)
    try:
        content, places = tomllib.loads(text), lines.lines_of(text)
    except (ValueError, RecursionError) as error:
        raise StudyError(f"study: {path.name} is not TOML: {lines.why(error)}") from error
    if _deeper_than(content, _DEEPEST):
        raise StudyError(
            f"study: {path.name} is no study file: its sections lie more than {_DEEPEST} deep."
        )
    return content, places


def _deeper_than(content: Any, levels: int) -> bool:
    """Whether tables and lists lie one in another more often than so."""
    inside = [content]
    for _ in range(levels):
        inside = [
            part
            for one in inside
            for part in (one.values() if isinstance(one, dict) else one)
            if isinstance(part, dict | list)
        ]
    return bool(inside)


def text_of(path: Path) -> str:
    """The text of a study file, with or without the mark that some editors put before it."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise StudyError(f"study: {path.name} is no study file: it has over a million bytes.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StudyError(
            f"study: {path.name} is not TOML: line {line} is not UTF-8. Save the file as UTF-8."
        ) from error
    except OSError as error:
        raise StudyError(f"study: {path.name} cannot be read: {error.strerror}.") from error


def parse(
    content: dict[str, Any],
    where: str = "study file",
    *,
    folder: Path | None = None,
    places: Mapping[lines.Path, int] | None = None,
) -> Study:
    """The study in a dictionary as TOML gives it; StudyError lists every problem at once.

    `folder`: what paths in it are relative to; `places`: the line of each value, where it is known.
    Problems of its own code lists come first: which names it may use is known when they are mended.
    """
    study, problems = judged(content, folder or Path())
    if problems or study is None:
        raise StudyError(report(where, problems, content, places or {}))
    return study


def judged(content: dict[str, Any], folder: Path) -> tuple[Study | None, list[Problem]]:
    """The study of some content, None where it cannot be made, and every problem of it."""
    content = with_paths(content, folder)
    missing = _no_lists(content, folder)
    known = KnownNames() if missing else _known(content, folder)
    unknown = missing or unknown_names(content, known)
    problems = wrong_references(content, _misnamed(content, unknown)) + unknown
    problems += wrong_mappings(content, known)
    study, wrong = _validated(content)
    problems = [*_untold(wrong, problems), *problems]
    broken = (
        _rules_of_the_rest(content, known)
        if study is None
        else broken_rules(study.with_lists(known.lists))
    )
    problems += _of_others(broken, content, problems)
    return study.with_lists(known.lists) if study is not None else None, problems


def _misnamed(content: dict[str, Any], unknown: list[Problem]) -> set[str]:
    """The names of variables that are told to be wrong themselves."""
    paths = (problem.path for problem in unknown if problem.path[-1] == "name")
    return {str(part(content, *path)) for path in paths}


def _no_lists(content: dict[str, Any], folder: Path) -> list[Problem]:
    """A folder of own lists that is not there: which names they hold cannot be said then."""
    name = part(content, "extract", "codelists")
    if not isinstance(name, str) or not name or (folder / name).exists():
        return []
    text = (
        f"no folder {shown(name)} beside the study file. Mend the path, or write a first list "
        "with `ehrivig codelist new`"
    )
    return [Problem(("extract", "codelists"), text)]


def _of_others(
    broken: list[Problem], content: dict[str, Any], told: list[Problem]
) -> list[Problem]:
    """Broken rules but those about a variable whose name or kind is told to be wrong."""
    items = {
        one.path[:3]
        for one in told
        if one.path[1:2] == ("variables",) and one.path[3:] in ((), ("name",), ("from",))
    }
    names = {f"{part(content, *path, 'name')!r}" for path in items}
    return [one for one in broken if not any(name in one.text for name in names)]


def _known(content: dict[str, Any], folder: Path) -> KnownNames:
    """What the study may name; the shipped names alone where its [extract] cannot be read."""
    try:
        extract = Extract.model_validate(content.get("extract", {}))
    except ValidationError:
        extract = Extract()
    return known_names(extract, folder)


def _validated(content: dict[str, Any]) -> tuple[Study | None, list[Problem]]:
    """The study, or what is wrong with its keys and types."""
    try:
        return Study.model_validate(content, context=RULES_LATER), []
    except ValidationError as error:
        return None, problems_of(error, content)


def _untold(wrong: list[Problem], named: list[Problem]) -> list[Problem]:
    """Problems of keys and types, without those of a value whose name is told to be unknown."""
    told = {problem.path for problem in named}
    return [one for one in wrong if one.path not in told and not _of_regimens(one, told)]


def _of_regimens(one: Problem, told: set[lines.Path]) -> bool:
    """Whether a regimen that cannot be loaded is told by its name already."""
    names = ("regimen", "names")
    return one.path == names and any(path[:2] == names for path in told)


def _rules_of_the_rest(content: dict[str, Any], known: KnownNames) -> list[Problem]:
    """The broken rules of the study without the values that are wrong.

    None where it cannot be made: what is taken out may be wanted, and its stand-in wrong again. An
    item of a list that has such a stand-in breaks no rule of its own.
    """
    kept = deepcopy(content)
    mended: set[lines.Path] = set()
    for _ in range(_ROUNDS):
        study, wrong = _validated(kept)
        if study is not None:
            found = broken_rules(study.with_lists(known.lists))
            return [one for one in found if not any(_inside(one.path, item) for item in mended)]
        for problem in sorted(wrong, key=lambda one: _sortable(one.path), reverse=True):
            _remove(kept, problem.path)
            mended.add(problem.path[:-1])
    return []


def _inside(path: lines.Path, item: lines.Path) -> bool:
    """Whether a place lies in an item of a list."""
    return bool(item) and isinstance(item[-1], int) and path[: len(item)] == item


def _sortable(path: lines.Path) -> list[tuple[bool, int, str]]:
    return [(isinstance(p, str), p if isinstance(p, int) else 0, str(p)) for p in path]


def _remove(content: Any, path: lines.Path) -> None:
    """Take one value out of the content, or put an example where one is missing.

    Later items of a list must go before earlier ones.
    """
    inside = part(content, *path[:-1])
    if path and part(inside, path[-1]) is not None:
        del inside[path[-1]]
    elif path and isinstance(inside, dict) and (key := key_at(path)) and key.info.examples:
        inside[path[-1]] = deepcopy(key.info.examples[0])  # what is mended next may be inside it


def json_schema() -> str:
    """The JSON Schema of the study file, for editors."""
    return json.dumps(Study.model_json_schema(by_alias=True), indent=2, sort_keys=True) + "\n"
