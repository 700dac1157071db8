"""Mutations of names and calls: hospitals, folders, options of the command line."""

from __future__ import annotations

from urllib.parse import quote

import pyarrow as pa

from .case import MARK, STRANGE, Case, Mutation, read, write


def hospital_name(case: Case) -> None:
    """A hospital of another name, in every table or in one."""
    name = case.pick(STRANGE)
    tables = case.tables() if case.chance(0.7) else [case.pick(case.tables())]
    for table in tables:
        old = case.extract / table / "hospital_id=A"
        folder = f"hospital_id={quote(name, safe=' ')}"
        if len(folder.encode()) < 250:
            old.rename(old.with_name(folder))


def hospital_row(case: Case) -> None:
    """A hospital table that says something else: name, zone, country."""
    path = case.file("hospital")
    table = read(path)
    column = case.pick([n for n in table.column_names if n != "hospital_id"])
    value = case.pick([*STRANGE, "Mars/Olympus", "UTC", "Europe/Berlin", "", None])
    at = table.column_names.index(column)
    made = pa.array([value] * table.num_rows, pa.string())
    write(path, table.set_column(at, column, made))


def _usable(name: str) -> bool:
    return name not in (".", "..") and "/" not in name and "\0" not in name and bool(name)


def extract_path(case: Case) -> None:
    name = case.pick([n for n in STRANGE if _usable(n)])
    case.extract = case.extract.rename(case.place / name)


def out_path(case: Case) -> None:
    name = case.pick([n for n in STRANGE if _usable(n)])
    case.out = case.out.rename(case.out.with_name(name))


def study_path(case: Case) -> None:
    name = case.pick([n for n in STRANGE if _usable(n)])
    case.study = case.study.rename(case.place / f"{name}.toml")


def odd_out(case: Case) -> None:
    """An --out that is no place for a run."""
    case.out = case.pick(
        [
            case.extract,
            case.extract / "lab",
            case.place / "study.toml",
            case.place,
            case.out / "below",
            case.place / "new" / "deep" / "out",
            case.out.with_name("n" * 254),
            case.out.with_name("n" * 400),
        ]
    )


def odd_extract(case: Case) -> None:
    case.extract = case.pick(
        [
            case.place / "nowhere",
            case.study,
            case.place,
            case.extract / "lab",
            case.extract / "lab" / "hospital_id=A",
            case.extract / "extract.json",
        ]
    )


def odd_words(case: Case) -> None:
    """Options that do not exist, lack their value, or have a strange one."""
    case.words += case.pick(
        [
            ["--memory", "abc"],
            ["--memory", "-5GB"],
            ["--memory", "0"],
            ["--memory", "1KB"],
            ["--memory", "30MB"],
            ["--memory", "9999TB"],
            ["--memory", "'; DROP TABLE lab; --"],
            ["--memory", ""],
            ["--threads", "0"],
            ["--threads", "-1"],
            ["--threads", "1"],
            ["--threads", "999999999999"],
            ["--threads", "x"],
            ["--workers", "0"],
            ["--workers", "x"],
            ["--layout", "clif"],
            ["--layout", "omop"],
            ["--layout", "nonsense"],
            ["--layout", ".."],
            ["--layout", ""],
            ["--nonsense"],
            ["--extract"],
            ["--out"],
            ["--json", "--json"],
            ["extra", "words"],
            ["--", "--json"],
            [MARK],
            ["--json\0".replace("\0", "x")],
        ]
    )


KINDS: dict[str, Mutation] = {
    f"name: {m.__name__.replace('_', ' ')}": m
    for m in (
        hospital_name,
        hospital_row,
        extract_path,
        out_path,
        study_path,
        odd_out,
        odd_extract,
        odd_words,
    )
}
