"""The lists that the names in a study file come from: conditions, analytes, drugs and so on.

A list is read when it is asked for: importing a study reads no code list.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from ehrivig import contract, resources
from ehrivig.study.registries.checks import OVER_HOSPITALS
from ehrivig.study.registries.concepts import CONCEPTS
from ehrivig.study.registries.entry import Entry, Registry

SCORED = ("sofa", "apache_ii")
"""The scores that are computed from raw rows where nobody recorded them."""

_PROCEDURES = (
    *("crrt", "ecmo", "hemodialysis", "renal_replacement"),
    *("prone_position", "plasma_exchange", "splenectomy"),
)
_FINDINGS = (
    *("fever", "cough", "sputum", "dyspnea", "severe_respiratory_distress"),
    *("ground_glass_opacity", "pulmonary_consolidation", "interstitial_abnormalities"),
    *("bilateral_opacities", "pneumonia", "pneumothorax", "pleural_effusion"),
    *("cardiogenic_oedema", "remission", "partial_remission", "relapse"),
)
_NO_SINGLE_PRODUCT = ("mixed", "unknown")
_BODY_MEASURES = ("weight", "height")  # of the admission, in no row of `vital`


@dataclass(frozen=True)
class NameList(Entry):
    """One list of names. `doc` says where the names come from.

    `open`: an extract may bring names that are not listed, since its layout hands them on as they
    are; the list then holds those that the package itself speaks of.
    """

    read: Callable[[], tuple[str, ...]]
    open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the list, sorted."""
        return _sorted(self)


@cache
def _sorted(names: NameList) -> tuple[str, ...]:
    return tuple(sorted(set(names.read())))


def _conditions() -> tuple[str, ...]:
    from ehrivig.codes import SHIPPED, condition_names

    return condition_names(SHIPPED)


def _analytes() -> tuple[str, ...]:
    from ehrivig.codes import SHIPPED, analytes

    return analytes(SHIPPED)


def _drugs() -> tuple[str, ...]:
    folder = resources.codelists_folder() / "drugs"
    return tuple(path.stem for path in folder.glob("*.csv"))


def _product_types() -> tuple[str, ...]:
    from ehrivig.codes.lists import read_list

    folder = resources.codelists_folder() / "drugs"
    rows = [row for path in folder.glob("*.csv") for row in read_list(path)]
    return tuple({row["product_type"] for row in rows} - {""}) + _NO_SINGLE_PRODUCT


def _checks() -> tuple[str, ...]:
    suites = [
        json.loads(resources.text(path)) for path in resources.expectations_folder().glob("*.json")
    ]
    return (*OVER_HOSPITALS, *(e["meta"]["id"] for suite in suites for e in suite["expectations"]))


def _regimens() -> tuple[str, ...]:
    return tuple(path.stem for path in resources.regimens_folder().glob("*.toml"))


def _vitals() -> tuple[str, ...]:
    return tuple(name for name in _column("vitals", "vital_code") if name not in _BODY_MEASURES)


def _pathogens() -> tuple[str, ...]:
    return _column("events", "name", kind="pathogen")


def _country_groups() -> tuple[str, ...]:
    return _column("countries", "group")


def _column(name: str, column: str, **only: str) -> tuple[str, ...]:
    """The different values of a column of a shipped code list, among the rows that are `only`."""
    from ehrivig.codes.lists import shipped

    rows = [row for row in shipped(name) if all(row[key] == value for key, value in only.items())]
    return tuple(dict.fromkeys(row[column] for row in rows))


def shipped_units(variable: str) -> tuple[str, ...]:
    """The units that the shipped list knows for a variable, the standard one first."""
    return _column("units", "unit", variable=variable)


CONDITIONS = NameList("conditions", "Conditions", "`conditions.csv`", _conditions)
ANALYTES = NameList("analytes", "Analytes", "`labs.csv`", _analytes)
VITALS = NameList("vitals", "Vital signs", "`vitals.csv`, without weight and height", _vitals)
DRUGS = NameList("drugs", "Drug lists", "the files of `drugs/`", _drugs)
COUNTRY_GROUPS = NameList(
    "country_groups", "Groups of countries", "`countries.csv`", _country_groups
)
DEVICES = NameList(
    "devices",
    "Respiratory devices",
    "`device` of table `respiratory_support`",
    lambda: contract.DEVICES,
)
COMPUTED_SCORES = NameList(
    "computed_scores",
    "Computed scores",
    "scores that can be computed from raw rows",
    lambda: SCORED,
)
CONCEPT_NAMES = NameList(
    "concepts", "Clinical definitions", "the clinical definitions below", lambda: CONCEPTS.names
)
SCORES = NameList("scores", "Scores", "`score_code` of table `score`", lambda: SCORED, open=True)
FINDINGS = NameList(
    "findings", "Findings", "`finding_code` of table `finding`", lambda: _FINDINGS, open=True
)
PROCEDURES = NameList(
    "procedures",
    "Procedures",
    "`procedure_code` of table `procedure`",
    lambda: _PROCEDURES,
    open=True,
)
PATHOGENS = NameList(
    "pathogens", "Pathogens", "`organism_code` of table `pathogen_test`", _pathogens, open=True
)
PRODUCT_TYPES = NameList(
    "product_types", "Product types", "`product_type` of the drug lists", _product_types
)
REGIMENS = NameList("regimens", "Regimens", "the packaged regimens", _regimens)
CHECKS = NameList(
    "checks", "Checks", "the suites in `expectations/`, and the checks over hospitals", _checks
)
LAYOUTS = NameList(
    "layouts",
    "Layouts",
    "the shipped layouts",
    lambda: (*("native", "clif", "omop", "eicu", "mimic_iv", "mimic_iii", "synthea_csv"),),
)
TIMEZONES = NameList(
    "timezones", "Time zones", "the IANA time zones", lambda: tuple(available_timezones())
)

NAME_LISTS = Registry(
    "list of names",
    (
        CONDITIONS,
        ANALYTES,
        VITALS,
        DRUGS,
        COUNTRY_GROUPS,
        DEVICES,
        CONCEPT_NAMES,
        COMPUTED_SCORES,
        SCORES,
        FINDINGS,
        PROCEDURES,
        PATHOGENS,
        PRODUCT_TYPES,
        REGIMENS,
        CHECKS,
        LAYOUTS,
        TIMEZONES,
    ),
)
