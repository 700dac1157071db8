"""What is wrong in any table of events."""

from __future__ import annotations

from datetime import datetime, timedelta

from ehrivig import contract
from tests.check_cases.spoils import CODES, COPIED, START, TIME, Spoil, admission, both, many, put


def events() -> dict[str, tuple[Spoil, int]]:
    """The checks that every table of events has."""
    found: dict[str, tuple[Spoil, int]] = {}
    for table, time in TIME.items():
        found[f"{table}.admission_id_present"] = put(table, admission_id=None), 1
        found[f"{table}.admission_known"] = put(table, admission_id="none"), 1
        found[f"{table}.admission_kept"] = (
            both(
                admission(discharged_at=START - timedelta(days=1)),
                put(table, admission_id="3"),
            ),
            1,
        )
        for code in CODES.get(table, []):
            found[f"{table}.{code}_present"] = put(table, **{code: None}), 1
        found[f"{table}.{time}_before_extract"] = put(table, **{time: datetime(2020, 7, 1)}), 1
        found[f"{table}.{time}_plausible"] = put(table, **{time: datetime(1900, 1, 1, 5)}), 1
        found[f"{table}.{time}_day_month"] = put(table, **{time: datetime(2020, 11, 1, 5)}), 1
        if table == "diagnosis":
            continue
        found[f"{table}.{time}_present"] = put(table, **{time: None}), 1
        found[f"{table}.{time}_in_stay"] = put(table, **{time: datetime(2020, 5, 5, 5)}), 1
        late = datetime(2020, 1, 19, 12)
        found[f"{table}.{time}_after_death"] = (
            both(
                lambda h: h.change("patient", 0, death_at=datetime(2020, 1, 17)),
                put(table, **{time: late}),
            ),
            1,
        )
        found[f"{table}.{time}_date_only"] = put(table, **{time: datetime(2020, 1, 12)}), 1
    for table in ("icu_stay", "respiratory_support", "procedure", "medication"):
        early = {"stopped_at": START, "started_at": START + timedelta(hours=5)}
        found[f"{table}.stopped_at_after_start"] = put(table, **early), 1
    for table in COPIED:
        own = {TIME[table]: START + timedelta(hours=9)}
        for end in ("stopped_at", "resulted_at"):
            own |= {end: START + timedelta(days=1)} if end in contract.BY_NAME[table].names else {}
        name = "copies" if table in ("lab", "vital") else "not_copy"
        found[f"{table}.{name}"] = many(table, 2, **own), 1
    for table in ("lab", "vital", "medication"):
        found[f"{table}.time_shift"] = (
            both(
                many(table, 20, **{TIME[table]: lambda n: START - timedelta(minutes=5 + n)}),
                many(table, 20, **{TIME[table]: lambda n: START + timedelta(days=2, minutes=n)}),
            ),
            20,
        )
    return found
