"""What a result depends on, as one hash: files, study, code, versions of the engines."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ehrivig import __version__, extract, resources
from ehrivig.errors import ExtractError
from ehrivig.extract.layouts import SHIPPED
from ehrivig.study import Quality, Study
from ehrivig.validate.suite import by_check

ENGINES = (
    "duckdb",
    "polars",
    "pyarrow",
    "numpy",
    "scipy",
    "statsmodels",
    "scikit-learn",
    "matplotlib",
    "great_expectations",
)


def engines() -> dict[str, str]:
    """The versions of what computes and writes."""
    return {name: version(name) for name in ENGINES}


def of_inputs(source: extract.Source) -> dict[str, str]:
    """Hospital -> SHA-256 of its files: names, sizes, content, and how text is written.

    Empty, which equals no other, for a hospital with a file that cannot be opened.
    """
    return {name: _of_input(source, name) for name in source.hospitals}


def _of_input(source: extract.Source, hospital_id: str) -> str:
    try:
        files = [asdict(file) for file in extract.input_files(source, [hospital_id])]
        return _digest([*files, *([asdict(source.dialects)] if source.dialects else [])])
    except ExtractError:
        return ""


def of_hospitals(study: Study, inputs: dict[str, str], *, gate_only: bool) -> dict[str, str]:
    """Hospital -> SHA-256 of all that its result depends on: files, study, code, version.

    Of what the study says of verdicts, only which rows are set aside: measurements are judged
    anew, and that alone. `inputs`: as of `of_inputs`; what is empty there is empty here.
    """
    settings = [_without_verdicts(study).digest, study.lists.hashes, _files_of_settings(study)]
    common = _digest([*settings, of_program(), gate_only])
    return {name: _digest([files, name, common]) if files else "" for name, files in inputs.items()}


def _without_verdicts(study: Study) -> Study:
    """The same study, of its policy only which checks set rows aside."""
    declared = by_check()
    acting = {
        check: "quarantine" if severity == "quarantine" else "warn"
        for check, severity in study.quality.severities.items()
        if severity == "quarantine"
        or (check in declared and declared[check].severity == "quarantine")
    }
    return study.model_copy(update={"quality": Quality.model_validate({"severities": acting})})


def of_program() -> str:
    """SHA-256 of the package, of what ships with it, and of the versions of its engines."""
    return _digest([code_hashes(), _program(), engines()])


def parts_of_program() -> dict[str, str]:
    """What the program is made of, by name: version, engines, modules, SQL files, suites, lists."""
    shipped = {
        f"{kind}/{name}": h for kind, found in code_hashes().items() for name, h in found.items()
    }
    modules = {f"ehrivig/{name}": h for name, h in _program().items()}
    return {"ehrivig": __version__, **engines(), **modules, **shipped}


def of_run(
    study: Study, hospitals: dict[str, str], source: extract.Source, declared: str = ""
) -> str:
    """SHA-256 of all that a run depends on: study, `of_hospitals`, and whether the data are real.

    `declared`: the protocol that it is held to, which its report names. Empty, which equals no
    other, when a file of the extract cannot be read.
    """
    if "" in hospitals.values():
        return ""
    held = [declared] if declared else []
    whole = [study.digest, hospitals]
    return _digest([*whole, list(source.hospitals), source.synthetic, __version__, *held])


def _digest(content: list[Any]) -> str:
    return resources.digest(json.dumps(content, sort_keys=True, default=str).encode())


def _program() -> dict[str, str]:
    """SHA-256 of every file of the package (modules, templates), by relative path."""
    folder = Path(__file__).resolve().parents[1]
    return {
        path.relative_to(folder).as_posix(): resources.file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def _files_of_settings(study: Study) -> dict[str, str]:
    """SHA-256 of the user's files that the study names: layout, signed mappings, regimens."""
    files = [Path(study.extract.mappings)] if study.extract.mappings else []
    if study.extract.layout not in SHIPPED:
        layout = Path(study.extract.layout)
        files += [*layout.glob("*.*"), *layout.glob("prepare/*.sql")]
    files += [Path(name) for name in study.regimen.names] if study.regimen else []
    return {p.as_posix(): resources.file_digest(p) for p in sorted(files) if p.is_file()}


def code_hashes() -> dict[str, dict[str, str]]:
    """SHA-256 of each shipped SQL file, suite and code list, by relative path.

    Beside its SQL a layout has the list of the columns that it reads (CSV), and settings (TOML).
    """
    kinds = {
        "sql": (resources.sql_folder(), "*.[sct][qso][lvm]*"),  # .sql, .csv, .toml
        "suites": (resources.expectations_folder(), "*.json"),
        "codelists": (resources.codelists_folder(), "*.csv"),
    }
    return {
        kind: {
            path.relative_to(folder).as_posix(): resources.file_digest(path)
            for path in sorted(folder.rglob(pattern))
        }
        for kind, (folder, pattern) in kinds.items()
    }
