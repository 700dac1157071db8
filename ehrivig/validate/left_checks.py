"""The checks of what is left: of each table, of the doses of the exposure, of the arms."""

from __future__ import annotations

from ehrivig.validate import left, products_between_hospitals
from ehrivig.validate.network import Network
from ehrivig.validate.over_hospitals import CheckOverHospitals, Counts


def _exposure_products(network: Network) -> Counts:
    """Rows of excluded products, of those on which the code list of the exposure has a verdict.

    Of hospitals with stays enough: many rows of one or two patients are no habit.
    """
    counts = {
        one.hospital_id: (one.violated, one.denominator)
        for result in network.results
        for one in result.measurements
        if one.check == products_between_hospitals.CHECK
        and result.rows_read.get("admission", 0) >= products_between_hospitals.FEWEST_STAYS
    }
    found = products_between_hospitals.excluded(counts)
    return [(hospital, n, of) for hospital, (n, of) in found.items()]


CHECKS: tuple[CheckOverHospitals, ...] = (
    *(
        CheckOverHospitals(
            f"{table}.rows_left",
            left.rows_left(table),
            "block",
            "so many rows were set aside that too little of the table is left. The checks of this "
            "table say why; mend the export.",
            table=table,
            threshold=left.LIMIT,
        )
        for table in left.CHECKED
    ),
    *(
        CheckOverHospitals(
            f"{table}.sent",
            left.table_sent(table),
            "warn",
            f"No rows of {table}, though other hospitals send some or the study asks for them: "
            "what depends on them is unknown. Ask for the table.",
            table=table,
        )
        for table in left.OPTIONAL
    ),
    *(
        CheckOverHospitals(
            f"{table}.sent_for_criteria",
            left.criteria_sent(table),
            "block",
            f"Other hospitals send rows of {table}, and this one none, though the criteria "
            "choose by them who is studied. Ask for the table, or leave the hospital out.",
            table=table,
        )
        for table in left.EVENTS
    ),
    CheckOverHospitals(
        "medication.exposure_left",
        left.exposure_left,
        "block",
        "so many doses of the exposure were set aside, or cannot be read, that the arms are not "
        "what they seem. The checks of medication say why; mend the export.",
        table="medication",
        threshold=left.LIMIT,
    ),
    CheckOverHospitals(
        "medication.exposure_sent",
        left.exposure_sent,
        "block",
        "no dose of the exposure, though at other hospitals one of ten administrations is one: "
        "nobody may know its drug_code or drug_name here. Add them to the code list; where the "
        "drug is not used, say so by the severity warn.",
        table="medication",
    ),
    CheckOverHospitals(
        "medication.exposure_products",
        _exposure_products,
        "block",
        "Products near the exposure are mostly ones that the code list excludes, as at no other "
        "hospital: drug_code, drug_name or route may mean something else here. Compare some with "
        "the charts; where these products were given, tolerate it.",
        table="medication",
    ),
    CheckOverHospitals(
        "study.exposure_known",
        left.people_left,
        "block",
        "people of the cohort have doses that nobody can read, that lie outside of their stay "
        "(started_at of medication) or stand in another row of admission for the same episode, or "
        "belong to a hospital that sends no administrations: they are in neither arm. The checks "
        "of medication say why.",
        needs_cohort=True,
        threshold=left.LIMIT,
        warns_below=True,
    ),
)
