"""One row of effects.csv: the keys of the study, function and statements behind it, its people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.errors import UsageError, plain
from ehrivig.figures import digits
from ehrivig.release.columns import of as column_words
from ehrivig.results.run import Run
from ehrivig.results.why.declared import setting, settings, study_of, whole
from ehrivig.results.why.made_by import functions, keys, statements
from ehrivig.results.why.section import Section, text
from ehrivig.stats.result import DIFFERENCES

_NAMING = ("role", "analysis", "contrast", "outcome", "event_label", "model", "measure")
_NAMED_BY = (*_NAMING, "population")
_FIRST = 15
"""Rows that are listed where several are meant, or that ask the same."""
_DIGITS = 18
"""No row has a number of so many."""
_COUNTS = ("n_exposed", "events_exposed", "n_control", "events_control")


def effect(folder: str | Path, row: str) -> list[Section]:
    """What is behind one estimate of a run.

    `row`: its number in effects.csv (1: the first row), or words of its columns with "/" between
    them, such as "primary", "main/matched/RD" or "outcomes/ards". Counts are those of the run where
    it keeps its people, else those of its release. Raises UsageError where no row is meant, or
    several.
    """
    run = _run(Path(folder))
    table = run.effects.with_row_index("row", offset=1)
    found = _meant(table, row)
    asked = found["analysis"], found["outcome"]
    said = [
        Section(f"Row {found['row']} of effects.csv", _cells(found)),
        Section("Counts", _counts(run, found)),
        Section("Keys of the study", _settings(run, keys(*asked, found["contrast"] or ""))),
        Section("Function", [(name, words) for name, words in functions(found)]),
        Section("Statements", _statements(run, found)),
        Section("Rows of the same question", _same_question(table, found)),
    ]
    return [one for one in said if one.lines]


def _run(folder: Path) -> Run:
    """The run with its own counts where it keeps people, else its release."""
    keeps = (folder / "cohort.parquet").is_file() and (folder / "effects.csv").is_file()
    run = Run(folder, local=keeps)
    if "effects" not in run.tables:
        raise UsageError(
            f"why: {folder.name!r} has estimated nothing: it ended with exit code "
            f"{run.manifest.get('exit_code')}. Read its report.html."
        )
    return run


def _meant(table: pl.DataFrame, row: str) -> dict[str, Any]:
    """The one row that a number or words mean."""
    if row.strip().isdecimal():
        number = int(row) if len(row) < _DIGITS else 0
        found = table.filter(pl.col("row") == number)
        if found.is_empty():
            raise UsageError(f"why: effects.csv has rows 1 to {table.height}, no row {row}.")
        return found.row(0, named=True)
    words = [word.strip().casefold() for word in row.split("/") if word.strip()]
    found = table
    for word in words:
        found = (
            found.filter(_has(word, exactly=True))
            if _some(found, word)
            else found.filter(_has(word))
        )
    if not words or found.is_empty():
        raise UsageError(
            f"why: no row of effects.csv is {plain(row)!r}. Give its number, or words of its "
            f"{', '.join(_NAMED_BY)} with / between them."
        )
    if found.height > 1:
        listed = [f"  {_line(one)}" for one in found.head(_FIRST).to_dicts()]
        more = [f"  and {found.height - _FIRST} more"] if found.height > _FIRST else []
        raise UsageError(
            "\n".join(
                [f"why: {plain(row)!r} means {found.height} rows. Give one number:", *listed, *more]
            )
        )
    return found.row(0, named=True)


def _some(table: pl.DataFrame, word: str) -> bool:
    """Whether a cell is that word and nothing else."""
    return bool(table.select(_has(word, exactly=True).any()).item())


def _has(word: str, *, exactly: bool = False) -> pl.Expr:
    """Whether a naming column is a word, or has it in its text."""
    cells = [pl.col(name).str.to_lowercase() for name in _NAMED_BY]
    if exactly:
        return pl.any_horizontal((cell == word).fill_null(False) for cell in cells)
    return pl.any_horizontal(
        cell.str.contains(word, literal=True).fill_null(False) for cell in cells
    )


def _line(row: dict[str, Any]) -> str:
    """A row in one line: its number, what it is, its estimate."""
    names = (row[name] for name in ("role", "analysis", "outcome", "population", "model"))
    what = ", ".join(str(name) for name in names if name)
    return f"{row['row']}: {what}: {_estimate(row)}"


def _estimate(row: dict[str, Any]) -> str:
    if row["estimate"] is None:
        return f"no estimate ({row['note'] or 'not told why'})"
    ratio = row["measure"] not in DIFFERENCES
    shown = digits.interval(row["estimate"], row["lo"], row["hi"], ratio=ratio)
    return f"{row['measure']} {shown}"


def _cells(row: dict[str, Any]) -> list[tuple[str, str]]:
    """What the row says, but for its counts."""
    told = (name for name in row if name not in (*_COUNTS, "row") and row[name] is not None)
    return [("answer", _estimate(row)), *((name, text(row[name])) for name in told)]


def _counts(run: Run, row: dict[str, Any]) -> list[tuple[str, str]]:
    """People and events of the row, and, where the people are here, that they are as many."""
    hidden = "not shown: few people, or not counted"
    said = [(name, hidden if row[name] is None else f"{row[name]:,}") for name in _COUNTS]
    said = [(name, f"{n} ({column_words('effects.csv', name)})") for name, n in said]
    said.append(("from", "the run itself: local" if run.local else "its release"))
    return [*said, *_people(run, row)]


def _people(run: Run, row: dict[str, Any]) -> list[tuple[str, str]]:
    """How many rows of the run's own tables the counts of a plain comparison are made of."""
    plain_one = row["analysis"] in ("main", "outcomes") and row["population"] in ("all", "matched")
    if not run.local or not plain_one or row["n_exposed"] is None:
        return []
    people = run.analysis
    if row["outcome"] not in people.columns:
        return []
    if row["population"] == "matched":
        key = ["hospital_id", "admission_id"]
        people = run.matched.select(key).join(people, on=key, how="left")
    known = people.filter(pl.col(row["outcome"]).is_not_null())
    exposed = int(known["exposed"].sum())
    where = f"{row['population']}: of analysis.parquet"
    if row["population"] == "matched":
        where += ", the rows of matched.parquet"
    told = (
        f"{exposed:,} exposed and {known.height - exposed:,} others with a known {row['outcome']}"
    )
    return [("rows of people", f"{where}: {told}")]


def _settings(run: Run, names: list[str]) -> list[tuple[str, str]]:
    """The settings under some keys, as the protocol of the run has them."""
    study, declared = whole(run), settings(run)
    said = []
    for name in names:
        value: Any = study
        for part in name.split("."):
            value = _part(value, part)
        value = setting(declared, name) if value is None else value
        if value not in (None, [], {}, ""):
            said.append((name, _in_words(value)))
    return said


def _part(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list):
        return next(
            (one for one in value if isinstance(one, dict) and one.get("name") == name), None
        )
    return None


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_in_words(v)}" for k, v in value.items() if v not in (None, "", []))
    if isinstance(value, list):
        return ", ".join(_in_words(one) for one in value)
    return text(value)


def _statements(run: Run, row: dict[str, Any]) -> list[tuple[str, str]]:
    files = statements(study_of(run), row["analysis"], row["outcome"])
    whole = run.folder / "hospitals" / "statements.sql"
    if whole.is_file():
        files.append(("as they ran", "hospitals/statements.sql of the run"))
    else:
        files.append(("as they run", "ehrivig sql STUDY"))
    return files


def _same_question(table: pl.DataFrame, row: dict[str, Any]) -> list[tuple[str, str]]:
    """The other rows on the same outcome: those that compare the same first."""
    others = table.filter(pl.col("outcome") == row["outcome"], pl.col("row") != row["row"])
    near = (pl.col("contrast") == row["contrast"]).fill_null(False)
    better = pl.col("role").is_in(["primary", "safe"])
    others = others.sort(near, better, "row", descending=[True, True, False])
    said = [
        (str(one["row"]), _line(one).partition(": ")[2]) for one in others.head(_FIRST).to_dicts()
    ]
    left = others.height - _FIRST
    return [*said, *([("more", f"{left:,} in effects.csv")] if left > 0 else [])]
