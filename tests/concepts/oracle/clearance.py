"""RNA clearance: two negative respiratory PCR at least 24 h apart, after a positive."""

from __future__ import annotations

from typing import Any

from oracle.stay import DAY, Admission

WORST = {"positive": 2, "indeterminate": 1, "negative": 0}


def results(stay: Admission) -> list[tuple[int, int]]:
    """(time, result) of the RNA tests of respiratory samples; at one time the worst counts."""
    worst: dict[int, int] = {}
    for test in stay["test"]:
        counts = test["method"] == "rna" and test["specimen"] == "respiratory"
        if counts and test["result"] in WORST:
            result = WORST[test["result"]]
            worst[test["at"]] = max(result, worst.get(test["at"], result))
    return sorted(worst.items())


def cleared_at(tests: list[tuple[int, int]]) -> int | None:
    """The first of two negatives 24 h apart, nothing else between them, after a positive."""
    positive, first = False, None
    for at, result in tests:
        if result:
            positive, first = positive or result == 2, None
        elif positive:
            first = at if first is None else first
            if at - first >= DAY:
                return first
    return None


def clearance(stay: Admission) -> dict[str, Any] | None:
    """value, entry_days, days, status (1 cleared, 2 died, 3 left, 0 censored).

    None: never positive.
    """
    tests = results(stay)
    if not any(result == 2 for _, result in tests):
        return None
    cleared = cleared_at(tests)
    died = stay["status"] == "died"
    out = (stay["death"] or stay["discharged"]) if died else stay["discharged"]
    end = tests[-1][0] if out is None else out
    in_time = cleared is not None and cleared <= end
    value = in_time if cleared is None or cleared > stay["admitted"] else None
    status = 2 if died else 3 if stay["status"] in ("alive", "against_advice") else 0
    status = 0 if stay["discharged"] is None and not died else status
    found = {"value": value, "entry_days": None, "days": None, "status": None}
    if stay["onset"] is not None:
        entry = max((stay["admitted"] - stay["onset"]) / DAY, 0)
        last = ((cleared if in_time else end) - stay["onset"]) / DAY
        if last > entry:
            found |= {"entry_days": entry, "days": last, "status": 1 if in_time else status}
    return found
