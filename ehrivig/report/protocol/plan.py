"""Sections 7.5 to 7.9 of the protocol: analysis, data, quality, size."""

from __future__ import annotations

from math import sqrt

from ehrivig import __version__
from ehrivig.report import answer_daily, methods
from ehrivig.report.protocol.section import OF_AUTHORS, Section, facts
from ehrivig.report.table import Table
from ehrivig.study import Study
from ehrivig.study.clock import WORDS
from ehrivig.study.protocol import beside, given
from ehrivig.study.registries import ANSWERS, SENSITIVITY

_SIZES = (200, 500, 1000, 3000, 10_000)
_RISKS = (0.05, 0.2, 0.4)
_POWER = 2.8015852  # 1.96 + 0.8416: 80% power at 5%, two-sided


def sections(study: Study) -> list[Section]:
    """Data analysis, sources, management, quality control, size."""
    return [
        Section("7.5", "Data analysis", tuple(methods.paragraphs(study)), _analyses(study)),
        _sources(study),
        Section("7.7", "Data management", (_management(),)),
        _quality(study),
        _size(study),
    ]


def _analyses(study: Study) -> tuple[Table, ...]:
    entry, plan = ANSWERS[study.answer], study.analysis
    groups = ", ".join(s.label for s in plan.subgroups) or "none"
    names, apart = given(study)
    hospital = "told apart in every model of the answer"
    if not apart:
        hospital = "not told apart"
    elif study.answer == "matched" and not study.hospital_in_score:
        hospital = "pairs are of one hospital"
    rows = [
        ("Primary analysis", f"{entry.caption} ({study.answer_measure}, {entry.target})"),
        ("Exposure contrast", f"{study.study.estimand.treatment}; against: not"),
        ("Outcome", study.primary.label),
        ("Confounding adjusted for by", ", ".join(names)),
        ("Adjusted for day by day", answer_daily.names(study)),
        ("Hospitals", hospital),
        ("Missing covariates", plan.missing.replace("_", " ")),
        ("Multiplicity", f"{plan.multiplicity}, within declared families"),
        ("Subgroups", groups),
        ("Negative controls", ", ".join(plan.negative_controls) or "none declared"),
        ("Random numbers", f"seed {study.study.seed}; {plan.bootstrap} bootstrap samples"),
        ("Software", f"ehrivig {__version__}"),
    ]
    first = facts("Table 10. Primary, secondary and subgroup analyses", rows)
    return first, _sensitivity(study)


def _sensitivity(study: Study) -> Table:
    head = ["Analysis", "What is varied, and why", "Free of immortal time"]
    rows = []
    for name in beside(study):
        entry = SENSITIVITY[name]
        free = "by design" if entry.safe else "no" if _ever(study) else "yes"
        rows.append([entry.caption, entry.doc.replace("`", ""), free])
    rows = rows or [["None is asked for", "", ""]]
    return Table("Table 11. Sensitivity analyses", head, rows, wide=True)


def _ever(study: Study) -> bool:
    end = study.exposure.end_hours
    return end is None or end > 0


def _sources(study: Study) -> Section:
    data = study.without_folders.extract
    period = f"{data.period[0]} to {data.period[1]}" if data.period else "all that is sent"
    rows = [
        ("Data", "records of inpatient care, as an extract of the hospitals' warehouses"),
        ("Layout", data.layout),
        ("Dates", "" if study.clock == "calendar" else WORDS[study.clock]),
        ("Hospitals", ", ".join(data.hospitals) or "all that the extract holds"),
        ("Period", period),
        ("Last day known", str(data.extract_date) if data.extract_date else ""),
        ("Time zone", data.timezone or "as each hospital states"),
        ("Linkage", "persons over hospitals by the person id of the extract, where it has one"),
        ("Signed corrections", data.mappings or "none"),
        ("Own code lists", data.codelists or "none: those shipped with the package"),
        ("Software", f"ehrivig {__version__}; code, files and hashes in manifest.json"),
    ]
    said = f"Why these data fit the question, and their validation: {OF_AUTHORS.lower()}"
    table = facts("Table 12. Metadata about data sources and software", rows)
    return Section("7.6", "Data sources", (said,), (table,))


def _management() -> str:
    return (
        "The extract is read only. Every row read is used, out of scope, or set aside with its "
        "reason (ledger.csv). Each run leaves a folder with versions, hashes of input and code, "
        "and the tables behind every number; only its folder release/ may leave the hospital."
    )


def _quality(study: Study) -> Section:
    policy = study.quality
    failed = {
        "block_run": "stops the run",
        "drop_hospital": "leaves its hospital out, which is said",
    }[policy.block]
    said = (
        f"Every table is checked before it is used; a check that fails {failed}. The gate may not "
        f"take {policy.arm_difference_points:g} percentage points more rows from one arm."
    )
    rows = [(f"threshold of {check}", f"{limit:g}") for check, limit in policy.thresholds.items()]
    rows += [(f"severity of {check}", severity) for check, severity in policy.severities.items()]
    tables = (facts("Changed by the study file", rows),) if rows else ()
    return Section("7.8", "Quality control", (said,), tables)


def _size(study: Study) -> Section:
    said = (
        "Everybody of the period who meets the criteria is in; the size follows. What the answer "
        "could have found with 80% power is in diagnostics.csv (minimum_detectable)."
    )
    if study.primary.unit:
        return Section("7.9", "Study size and feasibility", (said,))
    head = ["People, half exposed", *(f"risk {risk:.0%}" for risk in _RISKS)]
    rows = [
        [f"{n:,}", *(f"{100 * _POWER * sqrt(4 * p * (1 - p) / n):.1f} points" for p in _RISKS)]
        for n in _SIZES
    ]
    caption = "Table 13. Smallest difference in risk found with 80% power at 5%, unadjusted"
    return Section("7.9", "Study size and feasibility", (said,), (Table(caption, head, rows),))
