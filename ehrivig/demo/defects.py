"""The catalogue of bad data: 45 kinds, each with what must happen to it.

Source: the project's clinical specification, section 5. B: the run (or the hospital) is blocked;
Q: the row is quarantined with a reason; W: a warning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One kind of bad data: its number and name, its severity, and what a gate must do with it."""

    number: int
    name: str
    severity: str
    treatment: str
    table: str
    description: str


def _defect(line: str) -> Defect:
    number, name, severity, table, treatment, description = line.split(" | ")
    long = {"B": "block", "Q": "quarantine", "W": "warn"}[severity]
    return Defect(int(number), name, long, treatment, table, description)


DEFECTS: tuple[Defect, ...] = tuple(
    _defect(line)
    for line in """\
1 | unit_mixup | B | lab | block until the unit is mapped | creatinine in mg/dL under the unit string umol/L, one hospital, one month
2 | out_of_range | Q | lab | value null, raw row kept | a lone value beyond its hard limit
3 | duplicate_administration | Q | medication | keep one | same patient, drug and dose within 5 minutes
4 | order_as_given | Q | medication | never exposure | an order without an administration status
5 | not_administered | Q | medication | never exposure; a status nobody knows blocks | cancelled, not given, 未执行, 退药
6 | stop_before_start | Q | medication | keep the start when the dose is valid; never swap | an infusion that stops before it starts
7 | zero_or_negative_dose | Q | medication | net reversals by order | a dose of zero, and a return with a negative dose
8 | vial_without_strength | Q | medication | until the strength is known | 支 without grams per vial
9 | ml_as_g | Q | medication | quarantine above 2.5 g/kg/day | millilitres under the unit g
10 | hcpcs_units_as_g | B | medication | block until the unit is mapped | HCPCS billing units (500 mg) under the unit g, one hospital
11 | prescribed_and_given | W | medication | given wins | the prescribed and the given amount of one order, both as rows
12 | look_alike_product | Q | medication | excluded and listed; block when unmapped | hepatitis B and IM immunoglobulin, 丙种球蛋白
13 | split_infusion | W | medication | a day's parts add up on the day they start | 2 to 4 parts a day, infusions over midnight
14 | no_time_zone | B | hospital | block until a time zone is given | naive time stamps, no time zone of the hospital
15 | daylight_saving | W | lab | keep, count | local times that a change of clock skips
16 | eight_hour_shift | B | medication | block | medication, vital and pathogen_test in UTC, the rest local, one hospital
17 | date_only_times | W | medication | a split at 48 h is given with bounds | 30% of start times at midnight, one hospital
18 | after_extract_date | Q | lab | quarantine | dates after the extract was made
19 | misread_dates | Q | lab | parse only the declared format | Excel serials, 1900-01-01, day and month swapped
20 | discharge_before_admission | Q | admission | quarantine the admission | discharge a day before admission
21 | death_before_admission | Q | patient | death becomes null | death five days before admission
22 | two_death_dates | Q | patient | quarantine | in-hospital death and recorded death three days apart
23 | event_after_death | W | lab | keep; a dose is quarantined | results and a dose 30 h after death
24 | died_but_home | W | admission | precedence of death sources | discharged alive at the time of death
25 | moribund_discharge | W | admission | counts as death in a sensitivity analysis | discharged against advice when dying, death unknown
26 | hospital_transfer | W | admission | one episode; block when counted twice | a second hospital within 24 h
27 | readmission | W | admission | index admission first | the same patient again within 30 days
28 | two_identities | Q | patient | quarantine | one patient_id, two sexes or birth dates
29 | bad_national_id | W | patient | hash before storage | an 18-digit identity number with a wrong check digit
30 | sentinel | Q | lab | value null | 999, -1, 9999 for a missing result; weight 0
31 | censored_result | W | lab | value and censor flag; half the limit | <0.05, >1000, ＜, ≤
32 | decimal_comma | Q | lab | block when ambiguous | 0,35 and 1,234 as text
33 | qualitative_result | W | lab | three-valued; not done is missing | 阴性, 阳性, +, 未查
34 | mojibake | B | medication | declare the encoding of the file | a drug name read with the wrong encoding
35 | full_width | W | medication | NFKC for matching, raw kept | （ｐＨ４）, x10^9/L
36 | missing_weight | W | admission | g/day stays, g/kg is null | no body weight
37 | swapped_body_size | Q | admission | quarantine | height and weight swapped
38 | pounds | B | admission | block until the unit is mapped | weight in pounds, one hospital
39 | free_text_comorbidity | W | diagnosis | no code is not absence | 否认高血压 in place of a code
40 | post_baseline_covariate | B | study | block unless the study file allows it by name | a treatment of the stay in the propensity score
41 | single_negative | W | pathogen_test | not clearance | one negative test, none to confirm it
42 | report_time_as_sample_time | W | lab | sample time counts | reported before, or days after, the sample
43 | shifted_columns | B | finding | block | a byte order mark in a column name, a column twice, a row shifted by one
44 | hospital_set_differs | B | extract | block | extract.json names a hospital that is not there
45 | truncated_file | B | vital | block with the file's name; other hospitals unharmed | a Parquet file cut in half
""".splitlines()  # noqa: E501
)
BY_NAME = {defect.name: defect for defect in DEFECTS}
ORPHAN = Defect(
    -1, "orphan", "quarantine", "quarantine", "lab", "rows of an admission that does not exist"
)
LOST_CONCENTRATION = Defect(
    -2,
    "ml_without_concentration",
    "warn",
    "no dose: counts in dose coverage, never guessed",
    "medication",
    "immunoglobulin in mL without a concentration",
)
"""Usual untidiness outside the catalogue, with negative numbers."""
BY_NUMBER = {defect.number: defect for defect in (*DEFECTS, ORPHAN, LOST_CONCENTRATION)}

POPULATION = frozenset({"split_infusion", "hospital_transfer", "readmission", "missing_weight"})
FILES = frozenset(
    {"post_baseline_covariate", "shifted_columns", "hospital_set_differs", "truncated_file"}
)
HOSPITAL_WIDE = frozenset(
    {
        "unit_mixup",
        "hcpcs_units_as_g",
        "no_time_zone",
        "eight_hour_shift",
        "date_only_times",
        "pounds",
    }
)


@dataclass(frozen=True)
class Planted:
    """One row of `_truth/defects.csv`: what was planted where, and what a gate must make of it."""

    number: int
    name: str
    table: str
    hospital_id: str
    rows: int
    severity: str
    treatment: str
    reason: str


def planted(number: int, table: str, hospital_id: str, rows: int) -> Planted:
    """The row for `rows` planted rows of one kind in one table of one hospital."""
    kind = BY_NUMBER[number]
    return Planted(
        number, kind.name, table, hospital_id, rows, kind.severity, kind.treatment, kind.description
    )


def home(number: int, hospitals: int) -> int:
    """Which hospital a kind is planted in.

    Unreadable files hide whatever else is in their hospital, so the last two hospitals (as far as
    there are that many) are kept for kinds 43 and 45.
    """
    if number == 45:
        return hospitals - 1
    if number == 43:
        return max(hospitals - 2, 0)
    return number % max(hospitals - 2, 1)
