"""What another hospital knows of a person who is studied in one: kind 26, transfers.

A person is studied at the first hospital of an episode, by what that hospital recorded. Where
another hospital of the network knows better, the study would be wrong in silence: a death that the
first hospital never heard of counts as survival, a drug given after the move as never given.
"""

from __future__ import annotations

import polars as pl

from ehrivig.validate.across import transfers
from ehrivig.validate.measurement import Measurement

_KEY = ["hospital_id", "admission_id"]


def death_known_elsewhere(stays: pl.DataFrame, cohort: pl.DataFrame) -> list[Measurement]:
    """Persons of the cohort whose death only another hospital recorded.

    `stays`: every admission that the gate let through (hospital_id, admission_id, person_id,
    death_at, discharge_status); `cohort`: the key. Mended by linking deaths in the extract:
    `patient.death_at` is a death at any place.
    """
    dead = pl.col("death_at").is_not_null() | (pl.col("discharge_status") == "died").fill_null(
        False
    )
    died = stays.filter(dead).select("hospital_id", "person_id").unique()
    people = stays.join(cohort.select(_KEY), on=_KEY, how="semi").select("hospital_id", "person_id")
    unknown = people.join(died, on=["hospital_id", "person_id"], how="anti")
    elsewhere = unknown.join(died.select("person_id").unique(), on="person_id", how="semi")
    name = "study.death_known_elsewhere"
    return [Measurement("all", "study", name, "block", elsewhere.height, people.height)]


def exposed_after_transfer(
    stays: pl.DataFrame, cohort: pl.DataFrame, dosing: pl.DataFrame
) -> list[Measurement]:
    """Unexposed admissions of the cohort that got the drug after the move to another hospital.

    `cohort`: the key and exposed; `dosing`: the key and n_administrations of the candidates of all
    hospitals.
    """
    unexposed = cohort.filter(~pl.col("exposed")).select(_KEY)
    given = dosing.filter(pl.col("n_administrations") > 0).select(_KEY)
    moved = transfers(stays).join(given, on=_KEY, how="semi")
    here = moved.select(pl.col(f"from_{name}").alias(name) for name in _KEY).unique()
    violated = unexposed.join(here, on=_KEY, how="semi").height
    name = "study.exposed_after_transfer"
    return [Measurement("all", "study", name, "warn", violated, unexposed.height)]
