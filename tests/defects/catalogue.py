"""The catalogue of bad data: 45 kinds, and the checks that find each of them.

The suites say which kinds their checks find; the few kinds that no row of one hospital can show
are found by the checks over hospitals (`hospitals`) or when a file is read (`extract`).
"""

from __future__ import annotations

import polars as pl

from ehrivig.validate.hospitals import BY_CHECK, CHECKS
from ehrivig.validate.suite import suites

KINDS: dict[int, str] = {
    1: "hospital-wide unit mix-up",
    2: "lone value beyond a hard limit",
    3: "duplicate administration",
    4: "order copied as given",
    5: "cancelled, held or refused",
    6: "stop before start",
    7: "zero or negative dose, returns",
    8: "dose per vial of unknown strength",
    9: "mL read as g",
    10: "HCPCS units as g",
    11: "prescribed, dispensed and given",
    12: "IM, SC and hyperimmune products",
    13: "split infusions, midnight",
    14: "no time zone",
    15: "clock change",
    16: "UTC mixed with local time",
    17: "dates without time",
    18: "dates after the extract",
    19: "serial numbers, placeholders, day and month exchanged",
    20: "discharge before admission",
    21: "death before admission",
    22: "two death dates",
    23: "events after death",
    24: "died but discharged home",
    25: "moribund discharge",
    26: "transfer between hospitals",
    27: "readmission within 30 days",
    28: "one id, two sexes or birth dates",
    29: "national identity number",
    30: "sentinels",
    31: "censored results",
    32: "decimal comma",
    33: "qualitative results",
    34: "text in another encoding",
    35: "full-width characters",
    36: "missing weight",
    37: "height and weight exchanged",
    38: "lb or in at one hospital",
    39: "free-text comorbidity",
    40: "post-baseline covariate in the propensity score",
    41: "clearance on one negative",
    42: "sample time and report time",
    43: "duplicate column, BOM, shifted row",
    44: "hospital set differs",
    45: "corrupt file",
}
WHEN_READ: dict[int, str] = {
    32: "extract: a number stored as text",
    34: "extract: text that is not UTF-8",
    43: "extract: duplicate or unknown column",
    45: "extract: unreadable file",
}


def checks_of_kinds() -> dict[int, tuple[str, ...]]:
    """Kind -> ids of the checks that find it (or where a file that cannot be read is refused)."""
    found: dict[int, list[str]] = {number: [] for number in KINDS}
    for checks in suites().values():
        for declared in checks:
            for number in declared.kind:
                found[number].append(declared.check)
    for over in CHECKS:
        for number in over.kinds:
            found[number].append(over.check)
    for number, place in WHEN_READ.items():
        found[number].append(place)
    return {number: tuple(names) for number, names in found.items()}


def table() -> pl.DataFrame:
    """One row per kind and check: kind, title, check, severity, treatment."""
    declared = {c.check: c for checks in suites().values() for c in checks}
    rows = []
    for number, ids in checks_of_kinds().items():
        for name in ids:
            check = declared.get(name)
            over = BY_CHECK.get(name)
            severity = check.severity if check else over.severity if over else "block"
            otherwise = "counted" if severity == "warn" else "stops, with the reason"
            treatment = check.treatment if check else otherwise
            rows.append((number, KINDS[number], name, severity, treatment))
    names = ["kind", "title", "check", "severity", "treatment"]
    return pl.DataFrame(rows, schema=names, orient="row")
