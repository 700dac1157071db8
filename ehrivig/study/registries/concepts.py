"""Clinical definitions that a study may name: as severity, as evidence, as an outcome.

Each is one SQL file of its name (`sql/concept/<folder>/<name>.sql`) that gives admission_id, met
(true, false, null: not measured) and first_at. One whose name begins with "severe_" can be the
`severity` of [cohort], by what follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ehrivig.study.registries.entry import Entry, Registry

_SEVERE = "severe_"


@dataclass(frozen=True)
class Concept(Entry):
    """One definition. `reads`: the concepts that must be made before it, in order.

    `analytes`, `vitals`: which rows of `lab` and `vital` it takes out of stay_lab and stay_vital.
    `drugs`: the drug lists that by themselves make it met among those who are ill enough.
    """

    reads: tuple[str, ...] = ()
    analytes: tuple[str, ...] = ()
    vitals: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()


CONCEPTS = Registry(
    "clinical definition",
    (
        Concept(
            "severe_china_v6",
            "Severe COVID-19 (China)",
            "Respiratory rate >= 30/min, SpO2 <= 93% or PaO2/FiO2 <= 300 mmHg "
            "(Chinese protocol for COVID-19, versions 4-7).",
            ("stay_vital", "pf_ratio"),
            vitals=("respiratory_rate", "spo2"),
        ),
        Concept(
            "severe_who_2020_01",
            "Severe pneumonia (WHO)",
            "Pneumonia with respiratory rate > 30/min, severe respiratory distress or SpO2 < 90% "
            "on room air (WHO, January 2020).",
            ("stay_vital", "pneumonia"),
            vitals=("respiratory_rate", "spo2"),
        ),
        Concept(
            "severe_either",
            "Severe COVID-19 (either)",
            "Severe by china_v6 or by who_2020_01.",
            ("severe_china_v6", "severe_who_2020_01"),
        ),
        Concept(
            "severe_respiratory_failure",
            "Severe respiratory failure",
            "PaO2/FiO2 <= 300 mmHg, or high-flow oxygen, non-invasive or invasive ventilation "
            "or ECMO (assumed).",
            ("pf_ratio",),
        ),
        Concept(
            "severe_sepsis",
            "Severe sepsis",
            "SIRS due to infection with organ dysfunction, hypoperfusion or hypotension "
            "(Bone 1992).",
            ("sirs", "sirs_on_vasopressor", "infection", "dysfunction_moment"),
        ),
        Concept(
            "septic_shock",
            "Septic shock",
            "Severe sepsis with a vasopressor, or hypotension after 30 mL/kg of fluid "
            "(proxy, after Bone 1992).",
            ("septic_shock_proxy",),
            drugs=("vasopressor",),
        ),
        Concept(
            "severe_septic_shock",
            "Septic shock as severity",
            "septic_shock, and its first moment.",
            ("septic_shock",),
            drugs=("vasopressor",),
        ),
        Concept(
            "sepsis3",
            "Sepsis-3",
            "Infection with a rise of SOFA by two or more points (Singer 2016).",
            ("infection", "sofa"),
        ),
        Concept(
            "sirs",
            "SIRS",
            "Two of four SIRS criteria abnormal within 24 h (Bone 1992).",
            ("sirs_sign",),
        ),
        Concept(
            "infection",
            "Infection",
            "Proven, coded or suspected infection (suspicion after Seymour 2016).",
        ),
        Concept("pneumonia", "Pneumonia", "Pneumonia by code or by image finding."),
        Concept(
            "ards_berlin",
            "ARDS (Berlin)",
            "PaO2/FiO2 <= 300 mmHg on ventilation, with bilateral opacities, not cardiac (Berlin).",
            ("ards_gas",),
        ),
        Concept(
            "ards_berlin_no_peep",
            "ARDS (Berlin without PEEP)",
            "As ards_berlin, ventilated or not.",
            ("ards_gas",),
        ),
        Concept("aki_kdigo", "Acute kidney injury", "Any stage of KDIGO 2012.", ("aki_moment",)),
        Concept(
            "dic_isth",
            "Disseminated intravascular coagulation",
            "An ISTH score of 5 or more on a day of the stay (Taylor 2001).",
            ("dic_score",),
        ),
        Concept(
            "hepatic_injury",
            "Acute hepatic injury",
            "ALT or AST >= 3 times, or bilirubin >= 2 times the upper limit of normal (assumed).",
            ("stay_lab",),
            analytes=("alt", "ast", "total_bilirubin"),
        ),
        Concept(
            "myocardial_injury",
            "Myocardial injury",
            "A cardiac troponin above its 99th percentile (Thygesen 2018; percentile assumed).",
            ("stay_lab",),
            analytes=("troponin_i", "troponin_t"),
        ),
        Concept(
            "shock",
            "Shock",
            "A vasopressor and lactate > 2 mmol/L (Singer 2016).",
            ("shock_basis",),
        ),
    ),
)

SEVERITIES = Registry(
    "definition of severity",
    tuple(
        replace(concept, name=concept.name.removeprefix(_SEVERE))
        for concept in CONCEPTS
        if concept.name.startswith(_SEVERE)
    ),
)


def of_severity(name: str) -> str:
    """The name of the concept that a `severity` of [cohort] means."""
    return _SEVERE + SEVERITIES[name].name
