"""A person who is moved between two hospitals of a network: one episode, kind 26.

A person is studied at the first hospital of an episode, by what that hospital recorded. Where
another hospital of the network knows better, the study would be wrong in silence: a death that the
first hospital never heard of counts as survival, a drug given after the move as never given.
"""

from __future__ import annotations

import polars as pl

from ehrivig.dataset import KEY

TRANSFER_HOURS = 24
"""An admission that begins within this many hours of a discharge elsewhere continues that stay."""


def transfers(stays: pl.DataFrame) -> pl.DataFrame:
    """One row per admission that follows, within 24 h, one of the same person elsewhere.

    `stays`: hospital_id, admission_id, person_id, admitted_at, discharged_at. Gives hospital_id,
    admission_id, from_hospital_id, from_admission_id, sorted. A null person is no transfer.
    """
    again = pl.col("person_id").is_not_null() & pl.col("person_id").is_duplicated()
    known = stays.filter(again).select(*KEY, "person_id", "admitted_at", "discharged_at")
    before = known.rename({name: f"from_{name}" for name in known.columns if name != "person_id"})
    gap = pl.col("admitted_at") - pl.col("from_discharged_at")
    near = gap.abs() <= pl.duration(hours=TRANSFER_HOURS)
    elsewhere = pl.col("hospital_id") != pl.col("from_hospital_id")
    later = pl.col("admitted_at") > pl.col("from_admitted_at")
    pairs = known.join(before, on="person_id").filter(near & elsewhere & later)
    return pairs.select(*KEY, "from_hospital_id", "from_admission_id").unique().sort(pl.all())


def counted_twice(stays: pl.DataFrame, cohort: pl.DataFrame) -> pl.DataFrame:
    """The transfers of which both admissions are in the cohort; `cohort` has the key."""
    inside = cohort.select(KEY).unique()
    pairs = transfers(stays).join(inside, on=KEY, how="semi")
    origin = inside.rename({name: f"from_{name}" for name in inside.columns})
    return pairs.join(origin, on=origin.columns, how="semi")


def death_known_elsewhere(stays: pl.DataFrame, cohort: pl.DataFrame) -> pl.DataFrame:
    """Persons of the cohort whose death only another hospital recorded: hospital_id, person_id.

    `stays`: every admission that the gate let through (KEY, person_id, death_at,
    discharge_status); `cohort`: the key.
    """
    dead = pl.col("death_at").is_not_null() | (pl.col("discharge_status") == "died").fill_null(
        False
    )
    died = stays.filter(dead).select("hospital_id", "person_id").unique()
    people = persons_of(stays, cohort)
    unknown = people.join(died, on=["hospital_id", "person_id"], how="anti")
    return unknown.join(died.select("person_id").unique(), on="person_id", how="semi")


def persons_of(stays: pl.DataFrame, cohort: pl.DataFrame) -> pl.DataFrame:
    """hospital_id and person_id of every admission of the cohort."""
    return stays.join(cohort.select(KEY), on=KEY, how="semi").select("hospital_id", "person_id")


def after_rejected(
    stays: pl.DataFrame, cohort: pl.DataFrame, rejected: pl.DataFrame
) -> pl.DataFrame:
    """Admissions of the cohort before which the same patient had one that was set aside: the key.

    `stays`: KEY, patient_id, admitted_at; `rejected`: hospital_id, patient_id, admitted_at (null
    counts as earlier).
    """
    who = stays.join(cohort.select(KEY), on=KEY, how="semi")
    known = who.select(*KEY, "patient_id", "admitted_at")
    earlier = rejected.rename({"admitted_at": "rejected_at"})
    pairs = known.join(earlier, on=["hospital_id", "patient_id"])
    before = pl.col("rejected_at").is_null() | (pl.col("rejected_at") < pl.col("admitted_at"))
    return pairs.filter(before).select(KEY).unique().sort(KEY)


def exposed_in_next_stay(
    stays: pl.DataFrame, cohort: pl.DataFrame, dosing: pl.DataFrame
) -> pl.DataFrame:
    """Unexposed admissions of the cohort that got the drug in a stay of the same episode: the key.

    Such a stay of the same patient in the same hospital overlaps the one studied, or begins or ends
    within 24 h of it: one episode in several rows. `cohort`, `dosing`: as of
    `exposed_after_transfer`.
    """
    unexposed = cohort.filter(~pl.col("exposed")).select(KEY)
    given = dosing.filter(pl.col("n_administrations") > 0).select(KEY)
    known = stays.select(*KEY, "patient_id", "admitted_at", "discharged_at")
    treated = known.join(given, on=KEY, how="semi")
    pairs = known.join(unexposed, on=KEY, how="semi").join(
        treated, on=["hospital_id", "patient_id"], suffix="_other"
    )
    near = pl.duration(hours=TRANSFER_HOURS)
    begins_in = pl.col("admitted_at_other") <= pl.col("discharged_at") + near
    ends_in = pl.col("discharged_at_other") + near >= pl.col("admitted_at")
    other = pl.col("admission_id") != pl.col("admission_id_other")
    found = pairs.filter(other, begins_in.fill_null(True), ends_in.fill_null(True))
    return found.select(KEY).unique().sort(KEY)


def death_in_other_stay(stays: pl.DataFrame, cohort: pl.DataFrame) -> pl.DataFrame:
    """Admissions of the cohort whose patient died in another stay, by its status alone: the key.

    Nobody has a date of that death: who was discharged alive from the stay studied counts as alive.
    """
    died = stays.filter(pl.col("discharge_status") == "died", pl.col("death_at").is_null()).select(
        "hospital_id", "patient_id", dead_in="admission_id"
    )
    who = stays.join(cohort.select(KEY), on=KEY, how="semi")
    pairs = who.select(*KEY, "patient_id").join(died, on=["hospital_id", "patient_id"])
    return pairs.filter(pl.col("admission_id") != pl.col("dead_in")).select(KEY).unique().sort(KEY)


def exposed_after_transfer(
    stays: pl.DataFrame, cohort: pl.DataFrame, dosing: pl.DataFrame
) -> pl.DataFrame:
    """Unexposed admissions of the cohort that got the drug after the move elsewhere: the key.

    `cohort`: the key and exposed; `dosing`: the key and n_administrations of the candidates of all
    hospitals.
    """
    unexposed = cohort.filter(~pl.col("exposed")).select(KEY)
    given = dosing.filter(pl.col("n_administrations") > 0).select(KEY)
    moved = transfers(stays).join(given, on=KEY, how="semi")
    here = moved.select(pl.col(f"from_{name}").alias(name) for name in KEY).unique()
    return unexposed.join(here, on=KEY, how="semi")
