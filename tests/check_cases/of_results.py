"""What is wrong in a result, a sign or a diagnosis."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.check_cases.spoils import START, Spoil, both, days, many, put, spread

RESULTS: dict[str, tuple[Spoil, int]] = {
    "diagnosis.vocabulary_accepted": (put("diagnosis", vocabulary="ICDX"), 1),
    "diagnosis.vocabulary_known": (put("diagnosis", vocabulary=None), 1),
    "lab.vocabulary_known": (put("lab", vocabulary=None), 1),
    "diagnosis.code_is_a_code": (put("diagnosis", code="否认高血压"), 1),
    "lab.result_present": (put("lab", value=None, value_std=None), 1),
    "lab.code_known": (put("lab", analyte=None), 1),
    "lab.unit_known": (put("lab", unit="?", value_std=None), 1),
    "lab.hard_range": (put("lab", value=6000.0, value_std=6000.0), 1),
    "lab.soft_range": (put("lab", value=2000.0, value_std=2000.0), 1),
    "lab.sentinel": (
        both(put("lab", value=9999.0, value_std=9999.0), put("lab", value=999.0, value_std=999.0)),
        1,
    ),
    "lab.censored": (put("lab", censored="<"), 1),
    "lab.text_read": (
        both(
            put("lab", value=None, value_std=None, value_text="12.3 (10-20)"),
            put("lab", value=None, value_std=80.0, value_text="12.3 H"),
        ),
        1,
    ),
    "lab.qualitative": (
        both(
            put("lab", value=None, value_std=None, value_text="阴性"), put("lab", value_text="80")
        ),
        1,
    ),
    "lab.decimal_comma": (
        both(
            put("lab", value=None, value_std=None, value_text="1,234"),
            put("lab", value=None, value_std=None, value_text="ok"),
        ),
        1,
    ),
    "lab.text_is_plain": (put("lab", unit="ｕmol/L"), 1),
    "lab.row_aligned": (put("lab", unit="80.5"), 1),
    "lab.resulted_after_collected": (put("lab", resulted_at=START), 1),
    "lab.resulted_in_time": (put("lab", resulted_at=START + timedelta(days=6)), 1),
    "lab.clock_change": (
        both(
            lambda h: h.change("hospital", 0, timezone="Europe/Paris"),
            put("lab", collected_at=datetime(2020, 3, 29, 2, 15)),
        ),
        1,
    ),
    "lab.sample_time_is_own": (
        put("lab", collected_at=datetime(2020, 1, 11), resulted_at=datetime(2020, 1, 11)),
        1,
    ),
    "lab.value_spike": (
        both(
            many("lab", 200, value=lambda n: 60.0 + n % 40, value_std=lambda n: 60.0 + n % 40),
            many("lab", 25, value=3000.0, value_std=3000.0),
            many("lab", 25, value=6.0, value_std=6.0),  # the limit of measurement
        ),
        25,
    ),
    "lab.unit_mixup": (spread("lab", 25, value_std=lambda n: 0.8 + n / 100), 25),
    "lab.unit_suspect": (
        spread("lab", 25, analyte="crp", lab_code="crp", value_std=lambda n: 3.0 + n / 10),
        25,
    ),
    "vital.vital_code_accepted": (put("vital", vital_code="shoe_size"), 1),
    "vital.value_present": (put("vital", value=None, value_std=None), 1),
    "vital.unit_known": (put("vital", unit="?", value_std=None), 1),
    "vital.hard_range": (put("vital", value=50.0, value_std=50.0), 1),
    "vital.soft_range": (put("vital", value=42.0, value_std=42.0), 1),
    "vital.sentinel": (
        both(
            put("vital", value=99.0, value_std=99.0),
            put("vital", vital_code="sbp", value=99.0, value_std=99.0),
        ),
        1,
    ),
    "vital.unit_mixup": (spread("vital", 25, value=98.6, value_std=98.6), 25),
    "vital.sign_left": (spread("vital", 60, value=None, value_std=None), 60),
    "diagnosis.of_sex": (
        lambda h: [
            h.change("patient", 2, sex="male"),
            h.add("diagnosis", code="O80", admission_id="2"),
            h.add("diagnosis", code="O80", admission_id="3"),
        ],
        1,
    ),
    "diagnosis.diagnosed_at_not_discharge": (
        put("diagnosis", diagnosed_at=START + timedelta(days=10)),
        1,
    ),
    "diagnosis.chronic_on_admission": (
        put("diagnosis", code="E11.9", present_on_admission=False),
        1,
    ),
    "lab.collected_at_minutes_known": (
        many(
            "lab",
            20,
            collected_at=lambda n: datetime(2020, 1, 12, n + 1),
            resulted_at=lambda n: datetime(2020, 1, 12, n + 1, 30),
        ),
        20,
    ),
    "vital.systolic_above_diastolic": (
        lambda h: [
            h.add(
                "vital",
                vital_code=code,
                value=value,
                value_std=value,
                unit="mmHg",
                measured_at=START + timedelta(hours=hours),
            )
            for hours, code, value in (
                (30, "sbp", 70.0),
                (30, "dbp", 120.0),
                (31, "sbp", 120.0),
                (31, "dbp", 70.0),
            )
        ],
        1,
    ),
    "diagnosis.diagnosed_at_of_its_stay": (
        lambda h: [
            h.add("diagnosis", diagnosed_at=datetime(year, month, 20, 8, minute))
            for year, month in ((2019, 12), (2020, 2))
            for minute in range(1, 26)
        ],
        50,
    ),
    "diagnosis.diagnosed_at_possible": (put("diagnosis", diagnosed_at=datetime(1650, 3, 1, 5)), 1),
    "diagnosis.local_known": (put("diagnosis", vocabulary="local", code="zebra"), 1),
    "diagnosis.local_code": (put("diagnosis", vocabulary="local", code="K70.3"), 1),
    "diagnosis.ruled_out": (put("diagnosis", code="Z03.8"), 1),
    "diagnosis.one_code": (put("diagnosis", code="I10;E11.9"), 1),
    "diagnosis.code_formed": (put("diagnosis", code="high blood pressure"), 1),
    "diagnosis.diagnosed_at_date_only": (
        put("diagnosis", present_on_admission=True, diagnosed_at=datetime(2020, 1, 12)),
        1,
    ),
    "diagnosis.present_on_admission_known": (
        put("diagnosis", present_on_admission=None, diagnosed_at=datetime(2020, 1, 12, 9)),
        1,
    ),
    "diagnosis.present_on_admission_told": (
        many("diagnosis", 20, present_on_admission=False, code=lambda n: f"I{n + 10}"),
        20,
    ),
    "lab.collected_at_hours_known": (days("lab"), 20),
    "vital.measured_at_hours_known": (days("vital"), 20),
}
