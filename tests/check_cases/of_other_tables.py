"""What is wrong in the smaller tables."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.check_cases.spoils import START, TIME, Spoil, many, put, utc_days

OTHER: dict[str, tuple[Spoil, int]] = {
    "respiratory_support.device_accepted": (put("respiratory_support", device="mask"), 1),
    "respiratory_support.fio2_range": (put("respiratory_support", fio2=0.1), 1),
    "respiratory_support.fio2_is_fraction": (many("respiratory_support", 25, fio2=40.0), 25),
    "score.hard_range": (put("score", value=25.0), 1),
    "score.value_present": (put("score", value=None), 1),
    "icu_stay.stopped_at_present": (put("icu_stay", stopped_at=None), 1),
    "pathogen_test.specimen_present": (put("pathogen_test", specimen=None), 1),
    "icu_stay.not_the_whole_stay": (
        put("icu_stay", started_at=START, stopped_at=START + timedelta(days=10)),
        1,
    ),
    "respiratory_support.fio2_of_device": (put("respiratory_support", fio2=0.21), 1),
    "score.apache_above_sofa": (
        lambda h: [
            h.add("score", score_code=code, value=value)
            for code, value in (("sofa", 10.0), ("apache_ii", 5.0))
        ],
        1,
    ),
    "pathogen_test.positive_first": (
        lambda h: [
            h.add(
                "pathogen_test",
                admission_id=who,
                result=result,
                collected_at=START + timedelta(days=day),
            )
            for who, day, result in (
                ("1", 1, "negative"),
                ("1", 2, "negative"),
                ("1", 5, "positive"),
                ("2", 1, "positive"),
                ("2", 3, "negative"),
                ("2", 5, "negative"),
            )
        ],
        1,
    ),
    "finding.code_known": (put("finding", finding_code="shoe_size"), 1),
    "procedure.code_known": (many("procedure", 2, procedure_code="haircut"), 2),
    "score.code_known": (many("score", 2, score_code="wit"), 2),
    "score.value_is_charted": (many("score", 25, value=0.0), 25),
    "pathogen_test.organism_known": (many("pathogen_test", 2, organism_code="yeti"), 2),
    "pathogen_test.specimen_known": (many("pathogen_test", 2, specimen="hair"), 2),
    "icu_stay.started_at_after_admission": (
        put("icu_stay", started_at=START - timedelta(hours=2)),
        1,
    ),
    "icu_stay.stopped_at_in_stay": (put("icu_stay", stopped_at=datetime(2020, 5, 5, 5)), 1),
    "icu_stay.stopped_at_date_only": (put("icu_stay", stopped_at=datetime(2020, 1, 13)), 1),
    "pathogen_test.collected_at_before_discharge": (
        put("pathogen_test", collected_at=START + timedelta(days=11)),
        1,
    ),
    "icu_stay.stopped_at_of_utc_days": (utc_days("icu_stay", "stopped_at"), 5),
    **{
        f"{table}.{TIME[table]}_of_utc_days": (utc_days(table, TIME[table]), 5)
        for table in TIME
        if table != "diagnosis"
    },
    "pathogen_test.method_present": (put("pathogen_test", method=None), 1),
    "pathogen_test.result_present": (put("pathogen_test", result=None), 1),
    "finding.present_present": (put("finding", present=None), 1),
    "pathogen_test.method_accepted": (put("pathogen_test", method="guess"), 1),
    "pathogen_test.result_accepted": (put("pathogen_test", result="阴性"), 1),
    "pathogen_test.result_is_done": (put("pathogen_test", result="not_done"), 1),
    "pathogen_test.two_negatives": (
        lambda h: [
            h.add(
                "pathogen_test",
                admission_id=who,
                result=result,
                collected_at=START + timedelta(days=day),
            )
            for who, day, result in (
                ("1", 1, "positive"),
                ("1", 3, "negative"),
                ("2", 1, "positive"),
                ("2", 3, "negative"),
                ("2", 5, "negative"),
            )
        ],
        1,
    ),
}
