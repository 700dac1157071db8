"""CLIF's administrations and procedures: what each word and each record beside it make of a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from drawn_source import Drawn, day, drawn

INTERMITTENT = "source.clif_medication_admin_intermittent"
CONTINUOUS = "source.clif_medication_admin_continuous"
DOSE = {"hospitalization_id": "h", "med_order_id": "o", "admin_dttm": day("01-02 10:00")}
DOSE |= {"med_name": "Levophed", "med_dose": 5.0, "med_dose_unit": "mcg/min"}


@pytest.fixture
def clif() -> Iterator[Drawn]:
    """Stay h of hospital H; of stay x nothing is known but its rows."""
    with drawn("clif") as source:
        source.db.execute(
            "CREATE TABLE prepared.stay AS SELECT 'H' AS hospital_id, 'h' AS hospitalization_id"
        )
        yield source


def word(clif: Drawn, table: str, column: str, **told: Any) -> Any:
    """One column of one administration."""
    clif.draw(table, DOSE | told)
    ((found,),) = clif.rows("medication", column)
    return found


ROUTES = {
    **{"iv": ["IV", "i.v. push", "IVPB", "Intravenous", "静脉滴注"], "im": ["im", "I.M.", "肌注"]},
    **{"sc": ["SubQ", "subcut", "SC", "皮下"], "po": ["oral", "PO", "by mouth", "enteral", "口服"]},
    **{"unknown": [None, "unknown", ""], "other": ["Rectal", "buccal_sublingual", "inhaled"]},
    "tube of another kind": ["tube of another kind"],
}
ACTIONS = {
    "given": ["given", "Bolus", "administered", "start", "going", "dose_change", "verify"],
    **{"not_given": ["not_given", "Not Given"], None: ["other", "unknown"]},
    **{"held for now": ["held for now"]},
}


@pytest.mark.parametrize(("route", "words"), ROUTES.items())
def test_routes_by_category_or_else_by_name(
    clif: Drawn, route: str, words: list[str | None]
) -> None:
    for number, written in enumerate(words):
        for n, column in enumerate(("med_route_category", "med_route_name")):
            row = {"med_order_id": f"{number}-{n}", column: written}
            clif.draw(INTERMITTENT, DOSE | row)
    assert clif.rows("medication", "route") == [(route,)] * 2 * len(words)


def test_the_category_of_a_route_and_an_action_counts_before_its_name(clif: Drawn) -> None:
    both = {"med_route_category": "im", "med_route_name": "iv"}
    both |= {"mar_action_category": "given", "mar_action_group": "not_administered"}
    clif.draw(INTERMITTENT, DOSE | both)
    assert clif.rows("medication", "route", "status") == [("im", "given")]


@pytest.mark.parametrize(("status", "words"), ACTIONS.items())
@pytest.mark.parametrize("column", ["mar_action_category", "mar_action_group"])
def test_actions_by_category_or_else_by_group(
    clif: Drawn, column: str, status: str | None, words: list[str]
) -> None:
    for written in words:
        clif.draw(INTERMITTENT, DOSE | {column: written})
    assert clif.rows("medication", "status") == [(status,)] * len(words)


@pytest.mark.parametrize(
    ("table", "told", "statuses"),
    [
        (INTERMITTENT, {"mar_action_group": "not_administered"}, ["not_given"]),
        (CONTINUOUS, {"mar_action_group": "not_administered"}, []),
        (CONTINUOUS, {"mar_action_category": "Stop"}, []),
        (CONTINUOUS, {"mar_action_category": "stopped"}, []),
        (INTERMITTENT, {"mar_action_category": "stop"}, ["stop"]),
        (INTERMITTENT, {}, [None]),
        (CONTINUOUS, {}, ["unknown"]),
        (CONTINUOUS, {"mar_action_category": "going"}, ["given"]),
        (INTERMITTENT, {"mar_action_name": "Canceled Entry", "mar_action_category": "given"},
         ["cancelled"]),
        (INTERMITTENT, {"hospitalization_id": "x"}, []),
    ],
)  # fmt: skip
def test_a_stop_is_no_administration_of_a_rate(
    clif: Drawn, table: str, told: dict[str, Any], statuses: list[str | None]
) -> None:
    clif.draw(table, DOSE | told)
    assert [status for (status,) in clif.rows("medication", "status")] == statuses


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"med_category": "Norepinephrine", "rx_norm_code": "7512"}, ("norepinephrine", "local")),
        ({"med_category": "other", "rx_norm_code": " 7512 "}, ("7512", "RXNORM")),
        ({"med_category": None, "rx_norm_code": " "}, ("Levophed", "local")),
    ],
)
def test_the_code_is_the_category_else_rxnorm_else_the_name(
    clif: Drawn, told: dict[str, Any], code: tuple[str, str]
) -> None:
    clif.draw(INTERMITTENT, DOSE | told)
    assert clif.rows("medication", "drug_code", "vocabulary") == [code]


def spans(clif: Drawn, *rows: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Begin and end of what is given of continuous records."""
    clif.draw(CONTINUOUS, *(DOSE | {"mar_action_category": "going"} | row for row in rows))
    found = clif.rows("medication", "started_at", "stopped_at")
    return [(f"{a:%H:%M}", f"{b:%H:%M}" if b else None) for a, b in found]


def at(hour: int, **told: Any) -> dict[str, Any]:
    return {"admin_dttm": day(f"01-02 {hour:02}:00"), **told}


PUSH = {"med_dose": 10.0, "med_dose_unit": "mcg"}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([at(10), at(12), at(11)], [("10:00", "11:00"), ("11:00", "12:00"), ("12:00", None)]),
        ([at(10), at(12, mar_action_category="stop")], [("10:00", "12:00")]),
        ([at(10), at(11, **PUSH), at(12)],
         [("10:00", "12:00"), ("11:00", None), ("12:00", None)]),
        ([at(10), at(11, **PUSH, med_order_id="p")], [("10:00", None), ("11:00", None)]),
        ([at(10), at(11, med_order_id="p")], [("10:00", None), ("11:00", None)]),
        ([at(10), at(11, med_name="other")], [("10:00", None), ("11:00", None)]),
        ([at(10), at(11, med_category="other")], [("10:00", None), ("11:00", None)]),
        ([at(10, med_category="X-y"), at(11, med_category="x y")],
         [("10:00", "11:00"), ("11:00", None)]),
        ([at(10), at(11, hospitalization_id="x")], [("10:00", None)]),
        # nothing of an amount without a unit, or of none, is a push: it stops
        ([at(10), at(11, med_dose=0.0, med_dose_unit="mcg")],
         [("10:00", "11:00"), ("11:00", None)]),
        ([at(10), at(11, med_dose=5.0, med_dose_unit=None)],
         [("10:00", "11:00"), ("11:00", None)]),
        ([at(10, med_dose_unit="units/hr"), at(11, med_dose_unit="mL/day")],
         [("10:00", "11:00"), ("11:00", None)]),
    ],
)  # fmt: skip
def test_a_rate_holds_until_the_next_record_of_its_order_and_drug(
    clif: Drawn, rows: list[dict[str, Any]], found: list[tuple[str, str | None]]
) -> None:
    assert spans(clif, *rows) == found


def test_exact_copies_share_an_id_and_nothing_else_does(clif: Drawn) -> None:
    others: list[dict[str, Any]] = [
        *({"med_order_id": "p"}, {"admin_dttm": day("01-02 10:01")}, {"med_name": "x"}),
        *({"med_category": "x"}, {"med_dose": 6.0}, {"med_dose": None}, {"med_dose_unit": "mg"}),
        *({"mar_action_category": "given"}, {"med_order_id": None}, {"med_name": None}),
        *({"med_dose_unit": None},),
    ]
    clif.draw(INTERMITTENT, DOSE, DOSE, *(DOSE | other for other in others))
    clif.draw(CONTINUOUS, DOSE)
    ids = [one for (one,) in clif.rows("medication", "medication_id")]
    assert len(ids) == len(others) + 3
    assert len(set(ids)) == len(others) + 2


PRONE = "source.clif_position"


def moment(text: str, **told: Any) -> dict[str, Any]:
    return {"hospitalization_id": "h", "recorded_dttm": day(text), **told}


def runs(clif: Drawn) -> list[tuple[str, str, str]]:
    found = clif.rows("procedure", "procedure_code", "started_at", "stopped_at")
    return [(code, f"{a:%m-%d %H:%M}", f"{b:%m-%d %H:%M}") for code, a, b in found]


def test_records_at_most_a_day_apart_are_one_run(clif: Drawn) -> None:
    times = ("01-02 10:00", "01-03 10:00", "01-04 10:01", "01-04 11:00")
    clif.draw("source.clif_crrt_therapy", *map(moment, times))
    assert runs(clif) == [
        ("crrt", "01-02 10:00", "01-03 10:00"),
        ("crrt", "01-04 10:01", "01-04 11:00"),
    ]


def test_prone_until_another_position_or_a_day_after_the_last_record(clif: Drawn) -> None:
    positions = [
        *(("01-02 10:00", "Prone"), ("01-02 14:00", "prone"), ("01-02 20:00", "not_prone")),
        *(("01-03 10:00", "prone"), ("01-03 11:00", None), ("01-03 12:00", "prone")),
        *(("01-03 12:00", "supine"), ("01-07 10:00", "prone")),
    ]
    clif.draw(PRONE, *(moment(when, position_category=word) for when, word in positions))
    assert runs(clif) == [
        ("prone_position", "01-02 10:00", "01-02 20:00"),
        ("prone_position", "01-03 10:00", "01-03 11:00"),
        ("prone_position", "01-03 12:00", "01-04 12:00"),
        ("prone_position", "01-07 10:00", "01-08 10:00"),
    ]


@pytest.mark.parametrize(
    ("table", "told", "code"),
    [
        *(("renal_replacement_therapy", {"mode_category": m}, "crrt")
          for m in ("SCUF", "cvvh", "CVVHD", "cvvhdf", "avvh")),
        *(("renal_replacement_therapy", {"mode_category": m}, None) for m in ("ihd", None)),
        ("ecmo_mcs", {"device_category": "VV_ECMO"}, "ecmo"),
        ("ecmo_mcs", {"mcs_group": "ECMO"}, "ecmo"),
        ("ecmo_mcs", {"device_category": "impella", "mcs_group": "temporary_LVAD"}, None),
        ("mcs", {"support_category": "ECMO"}, "ecmo"),
        ("mcs", {"support_category": "iabp"}, None),
        ("mcs", {"support_category": "ecmo", "hospitalization_id": "x"}, None),
    ],
)  # fmt: skip
def test_what_is_crrt_or_ecmo(
    clif: Drawn, table: str, told: dict[str, Any], code: str | None
) -> None:
    clif.draw(f"source.clif_{table}", moment("01-02 10:00") | told)
    assert [one for one, *_ in runs(clif)] == ([code] if code else [])


def hospitals(*places: tuple[str, str | None, str]) -> list[tuple[Any, ...]]:
    """The hospital of hospitalizations g and h: places are hospitalization, hospital and time."""
    with drawn("clif") as source:
        for name in "gh":
            source.draw("source.clif_hospitalization", {"hospitalization_id": name})
        for name, hospital, when in places:
            row = {"hospitalization_id": name, "hospital_id": hospital, "in_dttm": day(when)}
            source.draw("source.clif_adt", row)
        source.prepare("stay")
        return source.prepared("stay", "hospitalization_id", "hospital_id")


def test_the_hospital_is_that_of_the_first_place_or_else_the_only_one() -> None:
    late, early = ("h", "B", "01-03 10:00"), ("h", "A", "01-02 10:00")
    assert hospitals(late, early) == [("g", None), ("h", "A")]
    assert hospitals(early) == [("g", "A"), ("h", "A")]
    assert hospitals(early, ("g", " ", "01-02 10:00")) == [("g", "A"), ("h", "A")]
    assert hospitals() == [("g", None), ("h", None)]


def test_d_dimer_is_told_by_its_plain_word(clif: Drawn) -> None:
    for word in ("D-Dimer", "ddimer", "CRP", " ", None):
        clif.draw("source.clif_labs", {"lab_category": word})
    clif.prepare("lab_category")
    found = clif.prepared("lab_category", "lab_category", "word", "is_d_dimer")
    assert set(found) == {
        *(("D-Dimer", "d_dimer", True), ("ddimer", "ddimer", True), ("CRP", "crp", False)),
        *((" ", None, False), (None, None, False)),
    }


def test_places_of_intensive_care_without_a_gap_are_one_stay(clif: Drawn) -> None:
    """A place within a longer one does not end it."""
    places = [
        *(("icu", "01-02 10:00", "01-06 10:00"), ("ICU", "01-03 10:00", "01-04 10:00")),
        *(("icu", "01-05 10:00", "01-05 12:00"), ("icu", "01-06 10:00", "01-07 10:00")),
        *(("icu", "01-07 10:01", "01-08 10:00"), ("ward", "01-08 10:00", "01-09 10:00")),
    ]
    for kind, start, end in places:
        row = {"hospitalization_id": "h", "location_category": kind}
        clif.draw("source.clif_adt", row | {"in_dttm": day(start), "out_dttm": day(end)})
    assert clif.rows("icu_stay", "admission_id", "started_at", "stopped_at") == [
        ("h", day("01-02 10:00"), day("01-07 10:00")),
        ("h", day("01-07 10:01"), day("01-08 10:00")),
    ]
