"""Every printed edge, just below, at and above it, in both unit systems, from the unit as written.

One admission per line of the table. Its measurements go through the resolved layer (codes, units,
conversion) into the definition named first; expected is what clinical.md prints, by hand.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from drawn import Hospital
from severity_by_hand import daily_sofa

from ehrivig import codes, contract
from ehrivig.codes import tables
from ehrivig.concepts import concept, severity
from ehrivig.extract import resolved

# definition | measurements (name value unit [@ hours after admission], separated by ;) | expected
EDGES = """
sofa respiration   | pao2 200 mmHg; fio2 0.5 fraction            | 0
sofa respiration   | pao2 199.9 mmHg; fio2 50 %                  | 1
sofa respiration   | pao2 26.67 kPa; fio2 50 %                   | 0
sofa respiration   | pao2 26.66 kPa; fio2 50 %                   | 1
sofa respiration   | pao2 150 mmHg; fio2 0.5 fraction            | 1
sofa respiration   | pao2 149.9 mmHg; fio2 0.5 fraction          | 2
sofa respiration   | pao2 20.00 kPa; fio2 0.5 fraction           | 1
sofa respiration   | pao2 19.99 kPa; fio2 0.5 fraction           | 2
sofa respiration   | pao2 99.9 mmHg; fio2 50 %                   | 2
sofa respiration   | imv; pao2 100 mmHg; fio2 50 %               | 2
sofa respiration   | imv; pao2 99.9 mmHg; fio2 50 %              | 3
sofa respiration   | imv; pao2 13.34 kPa; fio2 50 %              | 2
sofa respiration   | imv; pao2 13.33 kPa; fio2 50 %              | 3
sofa respiration   | imv; pao2 50 mmHg; fio2 50 %                | 3
sofa respiration   | imv; pao2 49.9 mmHg; fio2 50 %              | 4
sofa respiration   | imv; pao2 6.67 kPa; fio2 50 %               | 3
sofa respiration   | imv; pao2 6.66 kPa; fio2 50 %               | 4
sofa coagulation   | platelets 150 10^9/L                        | 0
sofa coagulation   | platelets 149 10^9/L                        | 1
sofa coagulation   | platelets 150000 /uL                        | 0
sofa coagulation   | platelets 149999 /uL                        | 1
sofa coagulation   | platelets 100 K/uL                          | 1
sofa coagulation   | platelets 99.9 K/uL                         | 2
sofa coagulation   | platelets 100000 cells/mm3                  | 1
sofa coagulation   | platelets 99999 cells/mm3                   | 2
sofa coagulation   | platelets 50 10^9/L                         | 2
sofa coagulation   | platelets 49 10^9/L                         | 3
sofa coagulation   | platelets 50000 /uL                         | 2
sofa coagulation   | platelets 49999 /uL                         | 3
sofa coagulation   | platelets 20 10^9/L                         | 3
sofa coagulation   | platelets 19 10^9/L                         | 4
sofa coagulation   | platelets 20000 /uL                         | 3
sofa coagulation   | platelets 19999 /uL                         | 4
sofa liver         | total_bilirubin 1.19 mg/dL                  | 0
sofa liver         | total_bilirubin 1.2 mg/dL                   | 1
sofa liver         | total_bilirubin 19.9 umol/L                 | 0
sofa liver         | total_bilirubin 20 umol/L                   | 1
sofa liver         | total_bilirubin 1.99 mg/dL                  | 1
sofa liver         | total_bilirubin 2.0 mg/dL                   | 2
sofa liver         | total_bilirubin 32.9 umol/L                 | 1
sofa liver         | total_bilirubin 33 umol/L                   | 2
sofa liver         | total_bilirubin 5.99 mg/dL                  | 2
sofa liver         | total_bilirubin 6.0 mg/dL                   | 3
sofa liver         | total_bilirubin 101.9 umol/L                | 2
sofa liver         | total_bilirubin 102 umol/L                  | 3
sofa liver         | total_bilirubin 11.99 mg/dL                 | 3
sofa liver         | total_bilirubin 12.0 mg/dL                  | 4
sofa liver         | total_bilirubin 204 umol/L                  | 3
sofa liver         | total_bilirubin 204.1 umol/L                | 4
sofa renal         | creatinine 1.19 mg/dL                       | 0
sofa renal         | creatinine 1.2 mg/dL                        | 1
sofa renal         | creatinine 1.2 MG / DL                      | 1
sofa renal         | creatinine 1.2 ｍｇ／ｄＬ                       | 1
sofa renal         | creatinine 1.2 ㎎/dL                        | 1
sofa renal         | creatinine 1.2 毫克/dL                      | 1
sofa renal         | creatinine 1.2 mg/dl{calc}                  | 1
sofa renal         | creatinine 109 umol/L                       | 0
sofa renal         | creatinine 110 umol/L                       | 1
sofa renal         | creatinine 0.109 mmol/L                     | 0
sofa renal         | creatinine 0.110 mmol/L                     | 1
sofa renal         | creatinine 1.99 mg/dL                       | 1
sofa renal         | creatinine 2.0 mg/dL                        | 2
sofa renal         | creatinine 170 umol/L                       | 1
sofa renal         | creatinine 171 umol/L                       | 2
sofa renal         | creatinine 3.49 mg/dL                       | 2
sofa renal         | creatinine 3.5 mg/dL                        | 3
sofa renal         | creatinine 299 umol/L                       | 2
sofa renal         | creatinine 300 umol/L                       | 3
sofa renal         | creatinine 4.99 mg/dL                       | 3
sofa renal         | creatinine 5.0 mg/dL                        | 4
sofa renal         | creatinine 440 umol/L                       | 3
sofa renal         | creatinine 440.1 umol/L                     | 4
sofa cardiovascular| map 70 mmHg                                 | 0
sofa cardiovascular| map 69.9 mmHg                               | 1
sofa cardiovascular| map 9.34 kPa                                | 0
sofa cardiovascular| map 9.33 kPa                                | 1
sofa cardiovascular| sbp 90 mmHg; dbp 60 mmHg                    | 0
sofa cardiovascular| sbp 89 mmHg; dbp 60 mmHg                    | 1
apache             | temperature 41 C                            | 4
apache             | temperature 40.9 C                          | 3
apache             | temperature 105.8 F                         | 4
apache             | temperature 105.7 F                         | 3
apache             | temperature 102.2 F                         | 3
apache             | temperature 102.1 F                         | 1
apache             | temperature 101.3 F                         | 1
apache             | temperature 101.2 F                         | 0
apache             | temperature 96.8 F                          | 0
apache             | temperature 96.7 F                          | 1
apache             | temperature 93.2 F                          | 1
apache             | temperature 93.1 F                          | 2
apache             | temperature 89.6 F                          | 2
apache             | temperature 89.5 F                          | 3
apache             | temperature 86.0 F                          | 3
apache             | temperature 85.9 F                          | 4
apache             | map 160 mmHg                                | 4
apache             | map 21.34 kPa                               | 4
apache             | map 21.33 kPa                               | 3
apache             | pao2 70 mmHg; fio2 21 %                     | 1
apache             | pao2 70.1 mmHg; fio2 21 %                   | 0
apache             | pao2 9.34 kPa; fio2 21 %                    | 0
apache             | pao2 9.33 kPa; fio2 21 %                    | 1
apache             | pao2 8.14 kPa; fio2 0.21 fraction           | 1
apache             | pao2 8.13 kPa; fio2 0.21 fraction           | 3
apache             | pao2 7.34 kPa; fio2 0.21 fraction           | 3
apache             | pao2 7.33 kPa; fio2 0.21 fraction           | 4
apache             | pao2 106.5 mmHg; paco2 40 mmHg; fio2 50 %   | 2
apache             | pao2 106.6 mmHg; paco2 40 mmHg; fio2 50 %   | 0
apache             | creatinine 3.5 mg/dL                        | 4
apache             | creatinine 3.49 mg/dL                       | 3
apache             | creatinine 309.4 umol/L                     | 4
apache             | creatinine 309.3 umol/L                     | 3
apache             | creatinine 2.0 mg/dL                        | 3
apache             | creatinine 176.8 umol/L                     | 3
apache             | creatinine 176.7 umol/L                     | 2
apache             | creatinine 1.5 mg/dL                        | 2
apache             | creatinine 132.6 umol/L                     | 2
apache             | creatinine 132.5 umol/L                     | 0
apache             | creatinine 0.6 mg/dL                        | 0
apache             | creatinine 0.59 mg/dL                       | 2
apache             | creatinine 53.04 umol/L                     | 0
apache             | creatinine 53.0 umol/L                      | 2
apache             | wbc 40000 /uL                               | 4
apache             | wbc 39999 /uL                               | 2
apache             | wbc 20 10^9/L                               | 2
apache             | wbc 19999 /uL                               | 1
apache             | wbc 15000 /uL                               | 1
apache             | wbc 14999 /uL                               | 0
apache             | wbc 3000 /uL                                | 0
apache             | wbc 2999 /uL                                | 2
apache             | wbc 1000 /uL                                | 2
apache             | wbc 999 /uL                                 | 4
apache             | sodium 180 mmol/L                           | 4
apache             | sodium 179 mEq/L                            | 3
apache             | potassium 5.5 mEq/L                         | 1
apache             | potassium 5.4 mmol/L                        | 0
apache             | hematocrit 60 %                             | 4
apache             | hematocrit 59.9 %                           | 2
apache             | hematocrit 0.60 L/L                         | 4
apache             | hematocrit 0.599 L/L                        | 2
sirs_sign          | temperature 38 C                            | 0
sirs_sign          | temperature 38.1 C                          | 1
sirs_sign          | temperature 100.4 F                         | 0
sirs_sign          | temperature 100.5 F                         | 1
sirs_sign          | temperature 96.8 F                          | 0
sirs_sign          | temperature 96.7 F                          | 1
sirs_sign          | heart_rate 90 /min                          | 0
sirs_sign          | heart_rate 91 bpm                           | 1
sirs_sign          | respiratory_rate 20 /min                    | 0
sirs_sign          | respiratory_rate 21 breaths/min             | 1
sirs_sign          | paco2 32 mmHg                               | 0
sirs_sign          | paco2 31.9 mmHg                             | 1
sirs_sign          | paco2 4.27 kPa                              | 0
sirs_sign          | paco2 4.26 kPa                              | 1
sirs_sign          | wbc 12 10^9/L                               | 0
sirs_sign          | wbc 12.1 10^9/L                             | 1
sirs_sign          | wbc 12000 cells/uL                          | 0
sirs_sign          | wbc 12001 cells/uL                          | 1
sirs_sign          | wbc 4000 /mm3                               | 0
sirs_sign          | wbc 3999 /mm3                               | 1
sirs_sign          | bands 10 %                                  | 0
sirs_sign          | bands 10.1 %                                | 1
sirs_sign          | bands 0.10 fraction                         | 0
sirs_sign          | bands 0.101 fraction                        | 1
sirs               | heart_rate 91 /min; temperature 100.4 F     | -
sirs               | heart_rate 91 /min; temperature 100.5 F     | T
dysfunction_moment | sbp 90 mmHg                                 | 0
dysfunction_moment | sbp 89.9 mmHg                               | 1
dysfunction_moment | sbp 12.00 kPa                               | 0
dysfunction_moment | sbp 11.99 kPa                               | 1
dysfunction_moment | sbp 150 mmHg; sbp 110 mmHg @ 9              | 0
dysfunction_moment | sbp 150 mmHg; sbp 109 mmHg @ 9              | 1
dysfunction_moment | lactate 18.01 mg/dL                         | 0
dysfunction_moment | lactate 18.02 mg/dL                         | 1
aki_moment         | creatinine 1.0 mg/dL; creatinine 1.29 mg/dL @ 48   | 0
aki_moment         | creatinine 1.0 mg/dL; creatinine 1.3 mg/dL @ 48    | 1
aki_moment         | creatinine 1.2 mg/dL; creatinine 1.5 mg/dL @ 48    | 1
aki_moment         | creatinine 80 umol/L; creatinine 106.4 umol/L @ 48 | 0
aki_moment         | creatinine 80 umol/L; creatinine 106.5 umol/L @ 48 | 1
aki_moment         | creatinine 0.4 mg/dL; creatinine 0.59 mg/dL @ 99   | 0
aki_moment         | creatinine 0.4 mg/dL; creatinine 0.60 mg/dL @ 99   | 1
aki_moment         | creatinine 0.7 mg/dL; creatinine 1.39 mg/dL @ 99   | 1
aki_moment         | creatinine 0.7 mg/dL; creatinine 1.40 mg/dL @ 99   | 2
aki_moment         | creatinine 62 umol/L; creatinine 123.9 umol/L @ 99 | 1
aki_moment         | creatinine 62 umol/L; creatinine 124 umol/L @ 99   | 2
aki_moment         | creatinine 0.7 mg/dL; creatinine 2.09 mg/dL @ 99   | 2
aki_moment         | creatinine 0.7 mg/dL; creatinine 2.10 mg/dL @ 99   | 3
aki_moment         | creatinine 62 umol/L; creatinine 185.9 umol/L @ 99 | 2
aki_moment         | creatinine 62 umol/L; creatinine 186 umol/L @ 99   | 3
aki_moment         | creatinine 3.6 mg/dL; creatinine 3.99 mg/dL @ 48   | 1
aki_moment         | creatinine 3.6 mg/dL; creatinine 4.0 mg/dL @ 48    | 3
aki_moment         | creatinine 320 umol/L; creatinine 353.5 umol/L @ 48| 1
aki_moment         | creatinine 320 umol/L; creatinine 353.6 umol/L @ 48| 3
dic_score          | platelets 100000 /uL                        | 0
dic_score          | platelets 99999 /uL                         | 1
dic_score          | platelets 50000 /uL                         | 1
dic_score          | platelets 49999 /uL                         | 2
dic_score          | platelets 49.9 10^9/L                       | 2
dic_score          | fibrinogen 1 g/L                            | 0
dic_score          | fibrinogen 0.99 g/L                         | 1
dic_score          | fibrinogen 100 mg/dL                        | 0
dic_score          | fibrinogen 99.9 mg/dL                       | 1
dic_score          | d_dimer 499 ng/mL FEU                       | 0
dic_score          | d_dimer 500 ng/mL FEU                       | 2
dic_score          | d_dimer 0.25 ug/mL DDU                      | 2
dic_score          | d_dimer 0.24 ug/mL DDU                      | 0
dic_score          | d_dimer 4.99 ug/mL FEU                      | 2
dic_score          | d_dimer 5.0 ug/mL FEU                       | 3
dic_score          | prothrombin_time 16.4 s                     | 0
dic_score          | prothrombin_time 16.5 sec                   | 1
dic_score          | prothrombin_time 19.4 s                     | 1
dic_score          | prothrombin_time 19.5 s                     | 2
ards_gas           | pao2 150 mmHg; fio2 50 %                    | mild
ards_gas           | pao2 150.1 mmHg; fio2 50 %                  | none
ards_gas           | pao2 19.99 kPa; fio2 50 %                   | mild
ards_gas           | pao2 20.00 kPa; fio2 50 %                   | none
ards_gas           | pao2 100 mmHg; fio2 0.5 fraction            | moderate
ards_gas           | pao2 100.1 mmHg; fio2 0.5 fraction          | mild
ards_gas           | pao2 13.33 kPa; fio2 0.5 fraction           | moderate
ards_gas           | pao2 13.34 kPa; fio2 0.5 fraction           | mild
ards_gas           | pao2 50 mmHg; fio2 50 %                     | severe
ards_gas           | pao2 50.1 mmHg; fio2 50 %                   | moderate
ards_gas           | pao2 6.66 kPa; fio2 50 %                    | severe
ards_gas           | pao2 6.67 kPa; fio2 50 %                    | moderate
hepatic_injury     | ast 119.9 U/L                               | -
hepatic_injury     | ast 120 IU/L                                | T
hepatic_injury     | alt 1.99 ukat/L                             | -
hepatic_injury     | alt 2.00 ukat/L                             | T
hepatic_injury     | ast 2.00 ukat/L                             | T
hepatic_injury     | ast 119.9 U/L; total_bilirubin 41.9 umol/L  | F
hepatic_injury     | total_bilirubin 42 umol/L                   | T
hepatic_injury     | ast 30 U/L; total_bilirubin 2.39 mg/dL      | F
hepatic_injury     | total_bilirubin 2.4 mg/dL                   | T
myocardial_injury  | troponin_i 40 ng/L                          | F
myocardial_injury  | troponin_i 40.1 pg/mL                       | T
myocardial_injury  | troponin_i 0.040 ng/mL                      | F
myocardial_injury  | troponin_i 0.041 ng/mL                      | T
myocardial_injury  | troponin_t 14 ng/L                          | F
myocardial_injury  | troponin_t 14.1 ng/L                        | T
myocardial_injury  | troponin_t 0.014 ug/L                       | F
myocardial_injury  | troponin_t 0.015 ng/mL                      | T
shock_basis        | vasopressor; lactate 2.0 mmol/L             | lactate_normal
shock_basis        | vasopressor; lactate 2.01 mmol/L            | vasopressor_lactate
shock_basis        | vasopressor; lactate 18.01 mg/dL            | lactate_normal
shock_basis        | vasopressor; lactate 18.02 mg/dL            | vasopressor_lactate
shock_basis        | vasopressor                                 | vasopressor_only
severe_china_v6    | respiratory_rate 29 /min; spo2 94 %         | F
severe_china_v6    | respiratory_rate 30 /min; spo2 94 %         | T
severe_china_v6    | respiratory_rate 29 /min; spo2 93 %         | T
severe_china_v6    | respiratory_rate 29 /min; spo2 0.94 fraction| F
severe_china_v6    | respiratory_rate 29 /min; spo2 0.93 fraction| T
severe_china_v6    | pao2 150 mmHg; fio2 50 %                    | T
severe_china_v6    | pao2 150.1 mmHg; fio2 50 %                  | -
severe_china_v6    | pao2 19.99 kPa; fio2 50 %                   | T
severe_china_v6    | pao2 20.00 kPa; fio2 50 %                   | -
"""
# lactate: 1 mg/dL is 0.111 mmol/L, so "> 2 mmol/L" begins just above 18.018 mg/dL

LINES = [[cell.strip() for cell in line.split("|")] for line in EDGES.strip().splitlines()]
DEFINITIONS = sorted({line[0].split()[0] for line in LINES})
VITALS = {name for names in severity.VITALS.values() for name in names}
WORD = {True: "T", False: "F", None: "-"}
MEASURED = re.compile(r"(\w+) (\S+) ([^@]+?)(?: @ (\d+))?$")


@pytest.fixture(scope="module")
def edges() -> Any:
    """A hospital with an admission per line, its codes and units resolved."""
    hospital = Hospital()
    db = hospital.db
    db.execute("CREATE SCHEMA mapped")
    for table in contract.TABLES:
        names = ", ".join(column.name for column in table.columns)
        db.table(f"mapped.{table.name}", f"SELECT {names} FROM {table.name}")
        db.execute(f"DROP TABLE {table.name}")
    for number, (_, rows, _) in enumerate(LINES):
        hospital.admit(
            "admission_id | admitted_at | discharged_at | age_years\n"
            f"{number} | 01-02 00:00 | 01-20 00:00 | 40"
        )
        for row in rows.split(";"):
            _write(hospital, number, row.strip())
    db.execute("CREATE SCHEMA resolved")
    db.execute("DROP SCHEMA ref CASCADE; CREATE SCHEMA ref")
    tables.load(db, codes.SHIPPED)
    resolved.make(db, codes.SHIPPED)
    for table in contract.TABLES:
        db.view(table.name, f"SELECT * FROM resolved.{table.name}")
    yield hospital
    db.close()


def _write(hospital: Hospital, admission: int, row: str) -> None:
    """One measurement, infusion or device as the hospital wrote it."""
    if row == "imv":
        hospital.draw(
            "mapped.respiratory_support",
            f"admission_id|device|started_at|stopped_at\n{admission}|imv|01-02 00:00|01-05 00:00",
        )
    elif row == "vasopressor":
        hospital.draw(
            "mapped.medication",
            "admission_id|vocabulary|drug_name|dose|dose_unit|route|status|started_at|stopped_at\n"
            f"{admission}|local|norepinephrine|0.1|ug/kg/min|iv|given|01-02 01:00|01-02 20:00",
        )
    else:
        found = MEASURED.match(row)
        assert found, row
        name, value, unit, hours = found.groups()
        day, hour = divmod(int(hours or 0), 24)
        at = f"01-{2 + day:02} {hour:02}:00"
        if name in VITALS:
            head, line = "vital_code|value|unit|measured_at", f"{name}|{value}|{unit}|{at}"
            hospital.draw("mapped.vital", f"admission_id|{head}\n{admission}|{line}")
        else:
            head = "lab_code|vocabulary|value|unit|collected_at"
            line = f"{name}|local|{value}|{unit}|{at}"
            hospital.draw("mapped.lab", f"admission_id|{head}\n{admission}|{line}")


def _found(hospital: Hospital, definition: str) -> dict[int, dict[str, Any]]:
    """Admission -> the first row of a definition (scores: of the first day)."""
    db = hospital.db
    if definition == "apache":
        return {row["admission_id"]: row for row in severity.first_day_scores(db).to_dicts()}
    if definition == "sofa":
        rows = daily_sofa(db).to_dicts()
        return {row["admission_id"]: row for row in rows if row["day"] == 1}
    severity.prepare(db, definition)
    rows = db.frame(concept(definition)).to_dicts()
    return {row["admission_id"]: row for row in rows}


def _said(definition: str, row: dict[str, Any] | None) -> str:
    """What a definition says of one admission, in the words of the table."""
    name, *component = definition.split()
    if name in ("sirs_sign", "dysfunction_moment"):
        return str(int(row is not None))
    if name == "aki_moment":
        return str(row["stage"] if row else 0)
    assert row is not None, definition
    if component:
        return str(row[component[0]])
    key = {"apache": "apache_ii", "dic_score": "dic_lo", "ards_gas": "grade"}.get(name)
    if name == "shock_basis":
        key = "basis"
    return str(row[key]) if key else WORD[row["met"]]


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_edges(edges: Hospital, definition: str) -> None:
    found = _found(edges, definition)
    wrong = [
        (line, said)
        for number, line in enumerate(LINES)
        if line[0].split()[0] == definition
        and (said := _said(line[0], found.get(number))) != line[2]
    ]
    assert not wrong


def test_the_table_names_every_definition_with_edges() -> None:
    assert len(LINES) > 200
    assert len({tuple(line[:2]) for line in LINES}) == len(LINES)
