"""What is wrong in an administration."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.check_cases.spoils import START, Spoil, both, many, of_five_percent, put

MEDICATION: dict[str, tuple[Spoil, int]] = {
    "medication.key_unique": (
        both(put("medication", medication_id="m"), put("medication", medication_id="m")),
        2,
    ),
    "medication.status_recorded": (put("medication", status="unknown"), 1),
    "medication.status_given": (put("medication", status="not_given"), 1),
    "medication.status_accepted": (put("medication", status="somehow"), 1),
    "medication.dose_positive": (put("medication", dose=0.0), 1),
    "medication.not_reversed": (
        both(
            put("medication", order_id="back", dose=5.0),
            put("medication", order_id="back", dose=-5.0),
        ),
        1,
    ),
    "medication.not_duplicate": (
        many("medication", 2, started_at=lambda n: START + timedelta(minutes=600 + 5 * n)),
        1,
    ),
    "medication.one_dose_at_a_time": (
        many(
            "medication",
            2,
            dose=lambda n: 5.0 + n,
            started_at=lambda n: START + timedelta(minutes=600 + 5 * n),
        ),
        1,
    ),
    "medication.strength_known": (
        both(
            put("medication", dose=2.0, dose_unit="vial"),
            put("medication", dose=2.0, dose_unit="vial", strength_g=2.5),
        ),
        1,
    ),
    "medication.amount_known": (
        both(
            put("medication", dose=2.0, dose_unit="mL"),
            put("medication", dose=2.0, dose_unit="mL", concentration_g_per_l=50.0),
            put("medication", dose=2.0, dose_unit="mg/kg"),
            of_five_percent(concentration_g_per_l=100.0),
            of_five_percent(concentration_g_per_l=30.0),
        ),
        2,
    ),
    "medication.not_copy": (
        many(
            "medication",
            2,
            medication_id="copied",
            order_id="c",
            started_at=START + timedelta(hours=9),
        ),
        1,
    ),
    "medication.drug_code_present": (
        both(
            put("medication", drug_code=None, drug_name=None),
            put("medication", drug_code=None, drug_name="IVIG"),
        ),
        1,
    ),
    "medication.local_known": (
        both(
            put("medication", drug_code="88123", vocabulary="local", drug_name=None, drug=None),
            put("medication", drug_code="88124", vocabulary="local", drug_name="Ringer", drug=None),
        ),
        1,
    ),
    "medication.vocabulary_known": (
        both(
            put("medication", vocabulary=None, drug_name=None),
            put("medication", vocabulary=None, drug_name="IVIG"),
        ),
        1,
    ),
    "medication.route_known": (
        lambda h: (
            h.drugs.append((5, "local", "19", "Gamunex", None)),
            h.classes.append((5, "ivig", "include", "standard", None, None)),
            h.add("medication", drug=5, drug_code="19", drug_name="Gamunex", route=None),
        ),
        1,
    ),
    "medication.route_accepted": (put("medication", route="into the vein"), 1),
    "medication.grams_per_kg": (
        put("medication", dose=176.0, started_at=START + timedelta(days=4)),
        1,
    ),
    "medication.hcpcs_not_grams": (
        lambda h: (
            h.drugs.append((4, "HCPCS", "J1569", "Gammagard", "iv")),
            h.classes.append((4, "ivig", "include", "standard", None, None)),
            h.add("medication", drug=4, drug_code="J1569", dose=40.0),
            h.add("medication", drug=4, drug_code="J1569", dose=40.0, dose_unit="unit"),
        ),
        1,
    ),
    "medication.order_not_beside_given": (
        both(
            put("medication", order_id="x"),
            put("medication", order_id="x", status="unknown"),
            put("medication", status="unknown"),
        ),
        1,
    ),
    "medication.product_mapped": (
        lambda h: (
            h.drugs.append((4, "local", "17", "IVIG new brand", "iv")),
            h.add("medication"),
            h.add("medication", drug=4, drug_code="17", drug_name="IVIG new brand"),
        ),
        1,
    ),
    "medication.product_clear": (
        lambda h: (
            h.drugs.append((4, "local", "18", "丙种球蛋白", "im")),
            h.classes.append((4, "ivig", "quarantine", None, None, None)),
            h.add("medication"),
            h.add("medication", drug=4, drug_code="18", drug_name="丙种球蛋白"),
        ),
        1,
    ),
    "medication.product_included": (
        put("medication", drug=2, drug_name="Hepatitis B Immune Globulin"),
        1,
    ),
    "medication.not_over_midnight": (
        both(
            put(
                "medication",
                started_at=START.replace(hour=23),
                stopped_at=START + timedelta(days=1),
            ),
            put("medication", stopped_at=START.replace(hour=23)),
        ),
        1,
    ),
    "medication.drug_text_is_sound": (
        lambda h: (
            h.drugs.append((4, "local", "19", "¾²×¢ÈËÃâÒßÇòµ°°×(pH4)", "iv")),
            h.add("medication"),
            h.add("medication", drug=4),
        ),
        1,
    ),
    "medication.drug_text_is_plain": (
        lambda h: (
            h.drugs.append((4, "local", "20", "静注人免疫球蛋白（ｐＨ４）", "iv")),
            h.classes.append((4, "ivig", "include", "standard", None, None)),
            h.add("medication"),
            h.add("medication", drug=4),
        ),
        1,
    ),
    "medication.row_aligned": (put("medication", dose_unit="10.0"), 1),
    "medication.clock_change": (
        both(
            lambda h: h.change("hospital", 0, timezone="Europe/Paris"),
            lambda h: h.change("admission", 0, discharged_at=datetime(2020, 4, 10, 5)),
            put("medication", started_at=datetime(2020, 3, 29, 2, 15)),
        ),
        1,
    ),
    "medication.drug_name_present": (put("medication", drug_name=None), 1),
    "medication.charted_once": (
        lambda h: [
            h.add("medication", started_at=START + timedelta(hours=n), dose=d, dose_unit=unit)
            for n, d, unit in ((30, 12.5, "g"), (30.2, 12500.0, "mg"), (40, 12.5, "g"))
        ],
        1,
    ),
    "medication.exposure_given": (put("medication", status="cancelled"), 1),
    "medication.exposure_in_order": (
        put("medication", stopped_at=START, started_at=START + timedelta(hours=5)),
        1,
    ),
    "medication.exposure_route": (
        lambda h: [
            h.drugs.append((4, "ATC", "J06BA02", "Human Immunoglobulin (pH4)", "sc")),
            h.classes.append((4, "ivig", "exclude", None, None, None)),
            h.add("medication"),
            h.add("medication", drug=4, route="sc"),
        ],
        1,
    ),
    "medication.exposure_name": (
        lambda h: [
            h.drugs.append((4, "ATC", "J05AX13", "Human Immunoglobulin (pH4)", "iv")),
            h.classes.append((4, "ivig", "include", "standard", None, None)),
            h.classes.append((4, "umifenovir", "include", None, None, None)),
            h.add("medication", dose=5.0),
            h.add("medication", drug=4),
        ],
        1,
    ),
    "medication.dose_sentinel": (
        put("medication", dose=999.0, dose_unit="mL", concentration_g_per_l=10.0),
        1,
    ),
    "medication.dose_nines": (
        put("medication", dose=99.0, dose_unit="mL", concentration_g_per_l=50.0),
        1,
    ),
    "medication.exposure_not_duplicate": (
        many("medication", 4, started_at=START + timedelta(hours=10)),
        3,
    ),
    "medication.amount_not_a_rate": (put("medication", dose=50.0, dose_unit="mL/h"), 1),
    "medication.end_of_rate": (
        put(
            "medication",
            **{"dose": 1.0, "dose_unit": "g/h", "end_assumed": True},
            **{"started_at": START, "stopped_at": START + timedelta(hours=5)},
        ),
        1,
    ),
    "medication.exposure_date_only": (put("medication", started_at=datetime(2020, 1, 12)), 1),
    "medication.status_present": (put("medication", status=None), 1),
    "medication.product_type_known": (
        lambda h: [
            h.drugs.append((4, "local", "i", "Immunoglobulin X", "iv")),
            h.classes.append((4, "ivig", "include", None, None, None)),
            h.add("medication"),
            h.add("medication", drug=4, drug_name="Immunoglobulin X"),
        ],
        1,
    ),
}
