"""Mutations of the study file: keys, values, references, and the text itself."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from .base import as_toml
from .case import INJECTIONS, MARK, SCRIPT, STRANGE, Case, Mutation, replace

Slot = tuple[Any, Any]
"""A dictionary or list, and the key or index of one value in it."""
_LONG_WORK = ("bootstrap", "imputations")
"""Keys whose large values are meant, and take as long as they say."""


def _slots(node: Any) -> Iterator[Slot]:
    """Every place of a value in a nested study."""
    keys = node.keys() if isinstance(node, dict) else range(len(node))
    for key in list(keys):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _slots(node[key])


def _slot(case: Case, kind: type | tuple[type, ...] = object) -> Slot:
    fitting = [
        (node, key)
        for node, key in _slots(case.content)
        if isinstance(node[key], kind) and key not in _LONG_WORK
    ]
    return fitting[int(case.rng.integers(len(fitting)))]


def drop_key(case: Case) -> None:
    node, key = _slot(case)
    del node[key]


def unknown_key(case: Case) -> None:
    places = [case.content, *(n[k] for n, k in _slots(case.content) if isinstance(n[k], dict))]
    case.pick(places)[case.pick(["unknown", *STRANGE, *INJECTIONS])] = case.pick([1, "x", [], {}])


def other_type(case: Case) -> None:
    node, key = _slot(case)
    node[key] = case.pick(
        [
            "text",
            1,
            -1.5,
            True,
            [],
            {},
            [[]],
            {"a": 1},
            ["x"],
            [1, 2, 3],
            datetime.date(2020, 1, 1),
            datetime.datetime(2020, 1, 1, 5, tzinfo=datetime.UTC),
            datetime.time(3, 4),
        ]
    )


def extreme_number(case: Case) -> None:
    node, key = _slot(case, (int, float))
    numbers = [
        0,
        -1,
        1,
        2**31,
        2**63 - 1,
        -(2**63),
        0.5,
        -0.0,
        1e-300,
        1e300,
        float("nan"),
        float("inf"),
        float("-inf"),
        10**30,
    ]
    node[key] = case.pick(numbers)


def strange_text(case: Case) -> None:
    node, key = _slot(case, str)
    node[key] = case.pick([*STRANGE, "", " ", "z" * 3000, "\x00", "../../etc/passwd", MARK])


def sql_text(case: Case) -> None:
    node, key = _slot(case, str)
    node[key] = case.pick(INJECTIONS)


def html_labels(case: Case) -> None:
    """Markup in every label and title: the study still runs, and the report shows it as text."""
    for node, key in list(_slots(case.content)):
        if node[key] not in ("outcome", "treatment") and key in (
            "label",
            "title",
            "citation",
            "event_label",
            "group",
            "authors",
            "low_label",
        ):
            node[key] = f"{SCRIPT} & <b>{str(node[key])[:100]}</b>"
    for key in case.content["study"]["estimand"]:
        if key != "target":
            case.content["study"]["estimand"][key] = SCRIPT


def lists(case: Case) -> None:
    node, key = _slot(case, list)
    items = node[key]
    kind = case.pick(["empty", "doubled", "reversed", "first", "long"])
    turns = {
        "empty": [],
        "doubled": items + items,
        "reversed": items[::-1],
        "first": items[:1],
        "long": (items * 50)[:2000],
    }
    node[key] = turns[kind]


def swapped(case: Case) -> None:
    """Two values of one type in each other's place."""
    kind = case.pick([str, (int, float), list])
    (a, i), (b, j) = _slot(case, kind), _slot(case, kind)
    a[i], b[j] = b[j], a[i]


def settings(case: Case) -> None:
    """Allowed settings that are seldom used."""
    content, pick = case.content, case.pick
    content["match"] |= {
        "method": pick(["nearest", "optimal"]),
        "caliper": pick([0.0001, 0.2, 100.0]),
        "caliper_scale": pick(["probability", "logit_sd", "probability_sd"]),
        "ratio": pick([1, 2, 5, 1000]),
        "replace": pick([True, False]),
        "order": pick(["largest", "smallest", "data", "random", "closest"]),
        "within_hospital": pick([True, False]),
        "exact": pick([[], ["male"], ["male", "diabetes"]]),
    }
    content["report"] = {"smallest_cell": int(pick([0, 1, 5, 100]))}
    content["cohort"]["time_zero"] = pick(["admission", "severity_onset"])
    content["quality"] |= {
        "block": pick(["block_run", "drop_hospital"]),
        "quarantine": pick(["quarantine_rows", "block_run"]),
        "arm_difference_points": float(pick([0, 2, 100])),
        "thresholds": pick([{}, {"lab.unit_known": 0.0}, {"no.such": 0.5}]),
        "severities": pick([{}, {"lab.unit_known": "off"}, {"lab.unit_known": "block"}]),
    }
    content["analysis"] |= {
        "missing": pick(["complete_case", "multiple_imputation"]),
        "imputations": 2,
        "multiplicity": pick(["holm", "bh"]),
        "sensitivity": [pick(["landmark", "iptw", "overlap", "aipw", "leave_one_hospital_out"])],
        "test_policy": pick(["default", "liu"]),
    }


def places(case: Case) -> None:
    """Layouts, mappings, hospitals and periods that may not exist."""
    case.content["extract"] |= case.pick(
        [
            {"layout": "../../.."},
            {"layout": "clif"},
            {"layout": "omop"},
            {"layout": ""},
            {"layout": "/"},
            {"mappings": "/etc/passwd"},
            {"mappings": "nowhere.toml"},
            {"hospitals": ["A"]},
            {"hospitals": ["A", "A"]},
            {"hospitals": ["nowhere", SCRIPT]},
            {"timezone": "Mars/Olympus"},
            {"timezone": INJECTIONS[0]},
            {"extract_date": datetime.date(1, 1, 1)},
            {"extract_date": datetime.date(9999, 12, 31)},
            {"period": [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]},
            {"period": [datetime.date(2020, 3, 1), datetime.date(2020, 2, 1)]},
            {"period": [datetime.date(2020, 2, 10), datetime.date(2020, 2, 10)]},
        ]
    )


def flipped_text(case: Case) -> None:
    data = bytearray(as_toml(case.content).encode())
    for _ in range(int(case.rng.integers(1, 10))):
        data[int(case.rng.integers(len(data)))] = int(case.rng.integers(256))
    case.content = {}
    replace(case.study, bytes(data))


def truncated_text(case: Case) -> None:
    data = as_toml(case.content).encode()
    case.content = {}
    replace(case.study, data[: int(case.rng.integers(len(data)))])


def other_text(case: Case) -> None:
    whole = as_toml(case.content).encode()
    case.content = {}
    texts = [
        b"",
        b"\xef\xbb\xbf" + whole,
        whole.replace(b"\n", b"\r\n"),
        whole.decode().encode("utf-16"),
        whole + b"\xff\xfe",
        b"{}",
        b"[" * 5000,
        b"a = " + b"[" * 3000,
        b"a." * 3000 + b"b = 1",
        b"\x00" * 100,
        whole + whole,
        b"PAR1" + case.rng.bytes(200),
        b"study = 1\n",
        b'study = "' + b"x" * 2_000_000 + b'"',
    ]
    replace(case.study, case.pick(texts))


KINDS: dict[str, Mutation] = {
    f"study: {m.__name__.replace('_', ' ')}": m
    for m in (
        drop_key,
        unknown_key,
        other_type,
        extreme_number,
        strange_text,
        sql_text,
        html_labels,
        lists,
        swapped,
        settings,
        places,
        flipped_text,
        truncated_text,
        other_text,
    )
}
