"""Each case of a dump has its right answer, and each case of the list has a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mutations.patients import make

from . import clif, native, omop
from .case import Case, Found, became, fault

CASES = {"native": native.CASES, "omop": omop.CASES, "clif": clif.CASES}
EVERY = [
    pytest.param(layout, case, id=f"{layout} {case.name}")
    for layout, cases in CASES.items()
    for case in cases
]
ELSEWHERE = {
    "D7": "extract/test_types_to_features.py::test_ids_beyond_signed_numbers_go_the_whole_way",
    "D8": "extract/test_parts.py::test_a_folder_that_names_no_hospital_is_refused",
    "D9": "extract/test_types.py::test_a_type_that_loses_nothing_gives_the_clean_tables",
    "D14": "extract/test_types.py::test_a_table_that_a_hospital_does_not_send_is_one_without_rows",
    "D19": "extract/test_clif_words.py::test_fio2_goes_on_while_the_device_does",
    "D21": "features/test_dose_amounts.py::test_a_rate_is_given_for_as_long_as_it_runs",
    "D22": "extract/test_layout.py::test_rows_that_a_select_leaves_out_are_told",
    "D23": "validate/test_gate_policy.py::test_a_failure_of_no_single_hospital_stops_every_command",
    "D24": "sql/test_ards.py::test_ecmo_on_top_of_ventilation_hides_neither",
    "D31": "sql/test_sepsis.py::test_a_vasopressor_counts_for_as_long_as_it_runs",
    "D32": "sql/test_vasoactive.py::test_the_hour_is_of_one_agent",
    "D33": "sql/test_apache_ii.py::test_worst_of_several_pressures_of_one_minute",
    "D35": "extract/test_omop_as_sent.py::test_oxygen_saturation_of_either_code",
    "D37": "extract/test_omop_as_sent.py::test_care_sites_that_look_like_wards_are_said",
    "D40": "sql/test_sofa.py::test_a_low_sum_needs_a_day_of_charting",
    "D41": "validate/test_volume.py::test_d41_a_partial_arrival_on_the_second_night_blocks",
    "D42": "runs/test_attempts.py::test_every_night_leaves_one_row",
}
"""Cases that are no change of a hospital, or of a few rows that are drawn by hand."""
LATER: set[str] = set()
"""None: every case has a test."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """Layout -> what became of each case."""
    cleans = make(tmp_path_factory.mktemp("cases") / "made", patients=400)
    return {
        layout: became(cleans[layout], cases, tmp_path_factory.mktemp(layout))
        for layout, cases in CASES.items()
    }


@pytest.mark.parametrize(("layout", "case"), EVERY)
def test_case(found: dict[str, Found], layout: str, case: Case) -> None:
    clean, seen = found[layout][case.name]
    assert fault(case, clean, seen) == ""


def test_the_cause_is_told_and_no_shadow_of_it(found: dict[str, Found]) -> None:
    """Stays that were all set aside do not begin late, and their doses were sent."""
    _, seen = found["native"]["D13 no moment of admission"]
    told = " ".join(seen.said)
    assert "admission.rows_left" in told
    assert "medication.exposure_left" in told
    assert "admission.begins_with_its_rows" not in told
    assert "medication.exposure_sent" not in told


def test_the_clean_hospitals_are_worth_comparing(found: dict[str, Found]) -> None:
    for cases in found.values():
        clean, _ = next(iter(cases.values()))
        assert clean.tables["analysis"]["exposed"].sum() > 10
        assert clean.tables["dosing"]["total_g"].drop_nulls().len() > 10
        assert clean.tables["analysis"]["death_28d"].sum() > 3


def test_every_case_of_the_list_has_a_test() -> None:
    here = {case.id for cases in CASES.values() for case in cases}
    assert here | set(ELSEWHERE) | LATER == {f"D{number}" for number in range(1, 43)}
    for place in ELSEWHERE.values():
        file, name = place.split("::")
        text = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), place
