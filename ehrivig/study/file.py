"""From a TOML file to a study, or to a list of all its problems."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ehrivig import resources
from ehrivig.errors import StudyError
from ehrivig.study.whole import Study


def packaged() -> list[str]:
    """The names of the studies that ship with the package."""
    return sorted(path.stem for path in resources.studies_folder().glob("*.toml"))


def locate(name: str) -> Path:
    """The path of a study file, or of the packaged study of that name."""
    shipped = resources.studies_folder() / f"{name}.toml"
    if shipped.is_file():
        return shipped
    path = Path(name)
    if path.is_file():
        return path
    raise StudyError(
        f"study: no file {name!r}, and no packaged study of that name "
        f"(there are: {', '.join(packaged())}). Give the path of a study file."
    )


def load(name: str | Path) -> Study:
    """The study in a TOML file or of a packaged name; StudyError lists every problem at once."""
    path = locate(str(name))
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"study: {path.name} is not TOML: {error}") from error
    return parse(content, path.name)


def parse(content: dict[str, Any], where: str = "study file") -> Study:
    """The study in a dictionary as TOML gives it; StudyError lists every problem at once."""
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        lines = [_problem(dict(item)) for item in error.errors(include_url=False)]
        raise StudyError(
            f"study: {where} has {len(lines)} problem(s):\n  " + "\n  ".join(lines)
        ) from error


def _problem(item: dict[str, Any]) -> str:
    """One problem as "place: what is wrong"."""
    place = ".".join(str(part) for part in item["loc"]) or "study"
    if item["type"] == "extra_forbidden":
        return f"{place}: unknown key. Remove it or mend its spelling."
    if item["type"] == "missing":
        return f"{place}: missing."
    return f"{place}: {item['msg'].removeprefix('Value error, ')}."


def json_schema() -> str:
    """The JSON Schema of the study file, for editors."""
    return json.dumps(Study.model_json_schema(by_alias=True), indent=2, sort_keys=True) + "\n"
