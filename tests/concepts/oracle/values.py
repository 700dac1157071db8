"""What random admissions are measured and given: printed edges and their neighbours, by unit."""

from __future__ import annotations

LABS: dict[str, dict[str, str]] = {
    "pao2": {
        "mmHg": "30 49.9 50 54.9 55 60 61 63 64 70 70.1 80 84 99.9 100 150 200 240 313",
        "kPa": "6.66 6.67 8 13.33 13.34 20",
    },
    "paco2": {"mmHg": "31.9 32 40 60", "kPa": "4.26 4.27 6"},
    "ph": {"": "7.1 7.15 7.24 7.25 7.32 7.33 7.4 7.49 7.5 7.6 7.7"},
    "bicarbonate": {"mmol/L": "10 15 18 21.9 22 30 32 41 52"},
    "platelets": {
        "10^9/L": "10 20 49 50 99 100 149 150 250",
        "/uL": "19999 50000 99999",
        "K/uL": "5 90",
    },
    "total_bilirubin": {
        "umol/L": "10 19.9 20 32.9 33 101.9 102 204 204.1",
        "mg/dL": "0.6 1.19 1.2 1.9 2 5.9 6 11.9 12",
    },
    "creatinine": {
        "umol/L": "40 80 106.4 106.5 109 110 120 132.6 160 170.9 171 240 300 353.5 353.6 440 441",
        "mg/dL": "0.5 0.6 0.9 1.19 1.2 1.3 1.5 1.8 2 2.7 3.5 3.6 4 5 6",
        "mmol/L": "0.08 0.11 0.171",
    },
    "wbc": {"10^9/L": "0.9 1 2.9 3 3.9 4 8 12 12.1 14.9 15 20 40", "/uL": "3999 4000 12001 20000"},
    "bands": {"%": "5 10 10.1", "fraction": "0.1 0.101"},
    "lactate": {"mmol/L": "1 2 2.1 5", "mg/dL": "18.01 18.02"},
    "sodium": {"mmol/L": "110 111 119 120 129 130 140 149 150 154 155 160 180"},
    "potassium": {"mmol/L": "2.4 2.5 3 3.4 3.5 4 5.4 5.5 6 7"},
    "hematocrit": {"%": "19.9 20 30 40 45.9 46 50 60", "L/L": "0.199 0.3 0.6"},
    "d_dimer": {"ug/mL FEU": "0.4 0.5 4.9 5 20", "ng/mL FEU": "499 500", "ug/mL DDU": "0.25 2.5"},
    "prothrombin_time": {"s": "12 16.4 16.5 19.4 19.5 30"},
    "fibrinogen": {"g/L": "0.9 1 3", "mg/dL": "99.9 100"},
}
VITALS: dict[str, dict[str, str]] = {
    "temperature": {
        "C": "29.9 30 33.9 34 35.9 36 37 38 38.1 38.5 39 41",
        "F": "96.7 96.8 100.4 100.5",
    },
    "heart_rate": {"/min": "39 40 54 55 69 70 80 90 91 109 110 140 180"},
    "respiratory_rate": {"/min": "5 6 9 10 11 12 16 20 21 24 25 35 50"},
    "map": {"mmHg": "49 50 69 69.9 70 90 109 110 130 159 160 165", "kPa": "9.33 9.34 21.34"},
    "sbp": {"mmHg": "70 89 89.9 90 109 110 120 150 151 215", "kPa": "11.99 12"},
    "dbp": {"mmHg": "30 44.9 45 60 90 130"},
    "fio2": {"fraction": "0.2 0.21 0.3 0.4 0.49 0.5 0.6 0.8 1 1.5", "%": "21 50 100"},
    "gcs": {"points": "3 5 6 9 10 12 13 14 15"},
    "urine_output": {"mL": "0 5 20 30 60 100 150 199 300", "L": "0.05 0.2"},
}
DEVICES = ("room_air", "nasal_cannula", "face_mask", "hfnc", "niv", "imv", "imv", "imv", "ecmo")
STATED = (None, None, None, "0.21", "0.4", "0.5", "0.6", "0.8", "1", "0.1", "40")
RATES: dict[str, dict[str, str]] = {
    "norepinephrine": {"ug/kg/min": "0.05 0.1 0.11 0.5 0", "mcg/min": "8 8.1", "mg/h": "0.48 0.5"},
    "epinephrine": {"ug/kg/min": "0.1 0.11", "ug/kg/h": "6 6.1", "mL/h": "5"},
    "dopamine": {"ug/kg/min": "3 5 5.1 15 15.1", "mL/h": "5"},
    "dobutamine": {"ug/kg/min": "5 20", "mL/h": "5"},
    "vasopressin": {"U/min": "0.04"},
}
