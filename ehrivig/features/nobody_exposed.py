"""Why nobody of a cohort is exposed: how, and when, its members were given the drug instead."""

from __future__ import annotations

import polars as pl

from ehrivig.concepts import concept
from ehrivig.database import Database
from ehrivig.dataset import KEY
from ehrivig.disclosure import small_proportion
from ehrivig.study import Study

TABLE = "otherwise"
"""The small table that `given_otherwise` leaves in a run."""


def given_otherwise(db: Database, study: Study) -> pl.DataFrame:
    """One row per candidate and route by which the drug was given: KEY, route, asked, in_window.

    `asked`: the route is one of the study's; `in_window`: within the exposure window. Reads
    `candidate` and `medication`.
    """
    return db.frame(concept("given_otherwise"), study.exposure.asked)


def why(otherwise: pl.DataFrame, people: pl.DataFrame, study: Study) -> str:
    """A sentence with the cure: what those of the cohort, none of them exposed, were given.

    `people`: the cohort, with KEY. A count that would tell of few people is not shown.
    """
    rows = otherwise.join(people.select(KEY), on=KEY, how="semi")
    plan = study.exposure
    start = f"nobody of the cohort was given {plan.label} by {' or '.join(plan.routes)}"
    other = rows.filter(~pl.col("asked") & pl.col("in_window"))
    if not other.is_empty():
        return f"{start} in the exposure window: {_by_others(other, people, study)}"
    if not (late := rows.filter(pl.col("asked"))).is_empty():
        text = f"{_number(late, people, study)} had it at another time of the stay"
        return f"{start} in the exposure window: {text}. Look at [exposure] start_hours, end_hours."
    if not rows.is_empty():
        routes = _listed(rows)
        text = f"{_number(rows, people, study)} had it by {routes} at another time of the stay"
        return f"{start}: {text}. Look at [exposure] routes, start_hours and end_hours."
    return (
        f"nobody of the cohort was given {plan.label} by any route: no row of medication that was "
        f"given is in the code list {plan.codelist}. Look at the list (`ehrivig codelist check` "
        "tells what each line of your own lists finds), or at the criteria."
    )


def _by_others(rows: pl.DataFrame, people: pl.DataFrame, study: Study) -> str:
    """How many had the drug by which other routes, and what to write if that is meant."""
    routes, plan = sorted(rows["route"].unique()), study.exposure
    wanted = ", ".join(f'"{route}"' for route in (*plan.routes, *routes))
    told = f"{_number(rows, people, study)} had it by {_listed(rows)}"
    cure = f"Write routes = [{wanted}] under [exposure] where that is meant"
    if "unknown" in routes:
        cure += ', or state the route of these rows in the extract ("unknown": none is stated)'
    return f"{told}. {cure}."


def _listed(rows: pl.DataFrame) -> str:
    return " or ".join(sorted(rows["route"].unique()))


def _number(rows: pl.DataFrame, people: pl.DataFrame, study: Study) -> str:
    """How many admissions rows are of, of those of the cohort."""
    n, smallest = rows.select(KEY).n_unique(), study.report.smallest_cell
    if small_proportion(n, people.height, smallest):
        return f"fewer than {smallest}" if n < smallest else "some"
    return f"{n:,} of {people.height:,} admissions"
