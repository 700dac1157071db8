"""The workbook of a chart review, to be filled in: nothing in it tells the arm of anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from ehrivig import __version__
from ehrivig.errors import many
from ehrivig.results.export.workbook import workbook
from ehrivig.results.export.workbook import write as write_sheet
from ehrivig.results.new_file import new_file
from ehrivig.results.review.sample import KEY, Sample, draw
from ehrivig.results.run import Run

SHEET, ABOUT, QUESTIONS = "review", "about", "questions"
ASKED = ("cohort", "exposed", "outcome")
SECOND = "_2"
"""Ends the columns of a second reader, which may stay empty."""
COLUMNS = (*ASKED, *(f"{name}{SECOND}" for name in ASKED), "comment")
WORDS = ("yes", "no", "unclear")
_SHOWN = ("admitted_at", "discharged_at", "age_years", "male")


def write(folder: str | Path, size: int, out: str | Path, seed: int | None = None) -> Sample:
    """Write the workbook of a sample of a run's charts (0600); the sample.

    Raises UsageError for a run that keeps nobody, a file that is there, a missing extra.
    """
    run = Run(folder, local=True)
    sample = draw(run, size, seed)
    with new_file(Path(out), "review") as aside, workbook(aside, "review") as book:
        charts = _charts(run, sample)
        _only_words(write_sheet(book, SHEET, charts), charts)
        write_sheet(book, QUESTIONS, _questions(run, sample))
        write_sheet(book, ABOUT, about(run, sample))
    return sample


def about(run: Run, sample: Sample) -> pl.DataFrame:
    """What a filled workbook is recognised by."""
    rows = {
        "study": run.study,
        "run": str(run.manifest["fingerprint"]),
        "sample": str(sample.size),
        "seed": str(sample.seed),
        "charts": sample.digest,
        "ehrivig": __version__,
    }
    return pl.DataFrame({"what": list(rows), "value": list(rows.values())})


def _charts(run: Run, sample: Sample) -> pl.DataFrame:
    """One row per chart: how to find it, and empty cells to fill in."""
    keys = pl.DataFrame(sample.charts, schema=[*KEY], orient="row").with_row_index("chart", 1)
    stays = pl.scan_parquet(run.folder / "hospitals" / "screened.parquet")
    known = [name for name in ("patient_id", *_SHOWN) if name in stays.collect_schema()]
    text = [pl.col(name).cast(pl.String) for name in KEY]
    some = stays.select(*text, *known).with_columns(_readable(stays, name) for name in known)
    found = keys.join(some.collect(), on=[*KEY], how="left", maintain_order="left")
    empty = [pl.lit(None, pl.String).alias(name) for name in COLUMNS]
    return found.select("chart", *KEY, *known, *empty)


def _readable(stays: pl.LazyFrame, name: str) -> pl.Expr:
    """A column as a reader has it; ids stay text, and what has no date is not shown."""
    kind = stays.collect_schema()[name]
    column = pl.col(name)
    if isinstance(kind, pl.Duration):
        return pl.lit(None, pl.String).alias(name)
    if name == "male":
        sex = pl.when(column).then(pl.lit("male")).when(~column).then(pl.lit("not male"))
        return sex.alias(name)
    return column.cast(pl.String) if name == "patient_id" else column


def _only_words(sheet: Any, charts: pl.DataFrame) -> None:
    """Let the cells to fill in take the words alone."""
    choice = {"validate": "list", "source": list(WORDS), "ignore_blank": True}
    for name in COLUMNS[:-1]:
        place = charts.columns.index(name)
        sheet.data_validation(1, place, max(1, charts.height), place, choice)


def _questions(run: Run, sample: Sample) -> pl.DataFrame:
    """What each column asks, in the words of the study; and how to answer."""
    study: dict[str, Any] = run.manifest["study_file"]
    asked, drug = study["study"]["estimand"], study["exposure"]
    end = drug.get("end_hours")
    window = f"from {drug['start_hours']:g} h after time zero " + (
        f"to {end:g} h after it" if end is not None else "to the discharge"
    )
    (outcome,) = (
        one for one in study["outcomes"]["variables"] if one["name"] == study["outcomes"]["primary"]
    )
    days = outcome.get("within_days")
    within = f", within {many(days, 'day')} of time zero" if days else ""
    definition = f" ({sample.definition})" if sample.definition else ""
    rows = [
        ("cohort", f"Is the patient of the population: {asked['population']}{definition}?"),
        ("exposed", f"Was {drug['label']} given, {', '.join(drug['routes'])}, {window}?"),
        ("outcome", f"{outcome['label']}{within}?"),
        ("time zero", f"{study['cohort']['time_zero']}"),
        ("answers", f"{', '.join(WORDS)}; empty: not read"),
        ("*_2", "a second reader, who does not see the first: for their agreement"),
        ("comment", "for yourselves: nothing reads it"),
    ]
    return pl.DataFrame(rows, schema=["column", "question"], orient="row")
