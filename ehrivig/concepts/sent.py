"""What a hospital sends at all: what is not sent is not measured, never absent."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from ehrivig.database import Database

_LISTS = (
    "SELECT DISTINCT m.hospital_id, i.codelist FROM resolved.medication AS m "
    "INNER JOIN ref.included AS i ON m.drug = i.drug"
)


def of_hospitals(db: Database, events: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Hospital -> what it sends: event tables, code lists of drugs, and 'death_at'.

    `events`: the event tables of which the gate kept a row; a code list that includes a product of
    the hospital counts, and a date of death of a patient that the gate kept.
    """
    sent = {hospital: set(tables) for hospital, tables in events.items()}
    if len(sent) == 1:
        for known in sent.values():
            known |= {name for (name,) in db.rows("SELECT DISTINCT codelist FROM ref.included")}
    else:
        for hospital, name in db.rows(_LISTS):
            sent[hospital].add(name)
    dated = "SELECT DISTINCT hospital_id FROM main.patient WHERE death_at IS NOT NULL"
    for (hospital,) in db.rows(dated):
        if hospital in sent:
            sent[hospital].add("death_at")
    return sent


def define_sent(db: Database, sent: Mapping[str, Collection[str]]) -> None:
    """Macro SENDS('<what>', admission_id): whether the hospital of an admission sends something.

    `sent`: hospital -> what it sends, as `of_hospitals` has it. Needs `main.admission`. Of whom
    table `unread_death` names (patients whose date of death could not be read), nobody knows the
    deaths.
    """
    rows = [(hospital, what) for hospital, every in sent.items() for what in sorted(every)]
    schema = {"hospital_id": pl.String, "what": pl.String}
    db.load("sent", pl.DataFrame(rows, schema=schema, orient="row"))
    if len(sent) == 1:  # nothing is looked up for an admission
        answer = "asked IN (SELECT what FROM sent)"
    else:
        db.table(
            "sent_admission",
            "SELECT a.admission_id, s.what FROM main.admission AS a "
            "INNER JOIN sent AS s ON a.hospital_id = s.hospital_id",
        )
        answer = "id IN (SELECT admission_id FROM sent_admission WHERE what = asked)"
    if db.exists("main.unread_death") and db.rows("SELECT 1 FROM unread_death LIMIT 1"):
        db.table(
            "unread_death_admission",
            "SELECT a.admission_id FROM main.admission AS a "
            "SEMI JOIN unread_death AS u ON a.patient_id = u.patient_id",
        )
        unread = "id IN (SELECT admission_id FROM unread_death_admission)"
        answer = f"({answer}) AND NOT (asked = 'death_at' AND {unread})"
    db.execute(f"CREATE OR REPLACE MACRO sends(asked, id) AS {answer}")
