"""SIRS (Hartung 2009 after Bone 1992, Chest 101:1644): two of four criteria within 24 h."""

from __future__ import annotations

from oracle.stay import DAY, Admission, labs, vitals

Answer = tuple[bool | None, int | None]


def signs(stay: Admission) -> list[tuple[int, str]]:
    """(time, criterion) of every abnormal measurement; all inequalities are strict."""
    found = [(at, "temperature") for at, v in vitals(stay, "temperature") if v > 38 or v < 36]
    found += [(at, "heart") for at, v in vitals(stay, "heart_rate") if v > 90]
    found += [(at, "breath") for at, v in vitals(stay, "respiratory_rate") if v > 20]
    found += [(at, "breath") for at, v, _ in labs(stay, "paco2") if v < 32]
    found += [(at, "white") for at, v, _ in labs(stay, "wbc") if v > 12 or v < 4]
    found += [(at, "white") for at, v, _ in labs(stay, "bands") if v > 10]
    return sorted(found)


def measured(stay: Admission) -> set[str]:
    """The criteria of which anything was measured."""
    looked = {
        "temperature": vitals(stay, "temperature"),
        "heart": vitals(stay, "heart_rate"),
        "breath": [*vitals(stay, "respiratory_rate"), *labs(stay, "paco2")],
        "white": [*labs(stay, "wbc"), *labs(stay, "bands")],
    }
    return {name for name, rows in looked.items() if rows}


def moments(stay: Admission) -> list[int]:
    """The times at which two criteria had been abnormal within the 24 h before."""
    found = signs(stay)
    times = sorted({at for at, _ in found})
    return [
        now for now in times if len({name for at, name in found if now - DAY <= at <= now}) >= 2
    ]


def sirs(stay: Admission) -> Answer:
    """(met, first moment). Not met: nothing unmeasured could have made two."""
    seen = moments(stay)
    if seen:
        return True, seen[0]
    looked = len(measured(stay))
    return (False if looked == 4 or (looked == 3 and not signs(stay)) else None), None
