"""Sections 7.1 to 7.3 of the protocol: the design, time zero, who is in."""

from __future__ import annotations

from ehrivig.report.protocol import hours
from ehrivig.report.protocol.section import Section, facts
from ehrivig.report.table import Table
from ehrivig.study import Study
from ehrivig.study.people import Criterion, Evidence
from ehrivig.study.registries import ANSWERS, CRITERIA, SEVERITIES

EXCLUDES = ("untreated_before",)
"""Rules that say who is out."""


def sections(study: Study) -> list[Section]:
    """Research methods: design, diagram, time zero, criteria."""
    return [
        Section("7", "Research methods"),
        Section("7.1", "Study design", (_design(study),)),
        Section("7.2", "Study design diagram", drawn=True),
        Section("7.3", "Setting"),
        _zero(study),
        _criteria(study, "7.3.2", "inclusion", "Table 4. Operational definitions of inclusion"),
        _criteria(study, "7.3.3", "exclusion", "Table 5. Operational definitions of exclusion"),
    ]


def _design(study: Study) -> str:
    arms = "people who start the drug in the stay against people who are not given it"
    if any(c.rule in EXCLUDES for c in study.cohort.criteria):
        arms = "new users against people who are not given the drug"
    if any(c.rule == "treated_before" for c in study.cohort.criteria):
        arms = "users of both drugs against users of the comparator"
    entry = ANSWERS[study.answer]
    doc = entry.doc.replace("`grace_hours`", f"{study.grace_hours:g} h").replace("`", "")
    first = doc[0].lower() + doc[1:]
    return (
        f"Cohort of admissions, {arms}, as the emulation of a parallel-group, individually "
        f"randomised, open trial. Design of the answer: {entry.caption}: {first}"
    )


def _zero(study: Study) -> Section:
    washout = "none: use before the stay is not looked for"
    kind = "incident in the stay: the exposure window opens with it"
    if any(c.rule in EXCLUDES for c in study.cohort.criteria):
        opens, kind = hours.moment(study.exposure.start_hours), "incident in the stay"
        washout = f"the stay, until {opens}: nobody who was given the drug before"
    index = any(c.rule == "index_admission" for c in study.cohort.criteria)
    entries = "once: the first such admission" if index else "once: one admission of a person"
    rows = [
        ("Study population", study.study.estimand.population),
        ("Time zero", hours.time_zero(study)),
        ("Entries of a person", f"{entries}, over all hospitals where ids say who it is"),
        ("Type of entry", kind),
        ("Washout", washout),
        ("Care setting", "inpatient"),
        ("Severity", SEVERITIES[study.cohort.severity].doc),
    ]
    why = {
        "admission": "What is met or measured later than admission is counted and reported; the "
        "diagnostics say whether the answer can be believed all the same.",
        "severity_onset": "People are followed from the first moment of severity on.",
        "eligible": "Eligibility, start of follow-up and the strategies begin at one moment, so "
        "that no time is immortal.",
    }[study.cohort.time_zero]
    table = facts("Table 3. Operational definition of time zero", rows)
    return Section("7.3.1", "Time zero and other anchors", (why,), (table,))


def _criteria(study: Study, number: str, kind: str, caption: str) -> Section:
    title = f"Study {kind} criteria"
    wanted = [
        (order, criterion)
        for order, criterion in enumerate(study.cohort.criteria, 1)
        if (criterion.rule in EXCLUDES) == (kind == "exclusion")
    ]
    if not wanted:
        return Section(number, title, ("None: who is in is said by what admits.",))
    head = ["Order", "Criterion", "Rule", "Operational definition", "Assessed"]
    rows = [[str(order), *_definition(study, criterion)] for order, criterion in wanted]
    said = "In this order; an admission stays where the rule is met, and only what was measured "
    said += "and met admits."
    return Section(number, title, (said,), (Table(caption, head, rows, wide=True),))


def _definition(study: Study, criterion: Criterion) -> list[str]:
    rule = CRITERIA[criterion.rule]
    details = [rule.doc.replace("`", "")]
    if criterion.min is not None or criterion.max is not None:
        ends = [
            f"{word} {value:g}"
            for word, value in (("at least", criterion.min), ("at most", criterion.max))
            if value is not None
        ]
        said = " and ".join(ends)
        details.append(f"{said[0].upper()}{said[1:]}.")
    if criterion.codelist:
        details.append(f"List {criterion.codelist}.")
    if criterion.any_of:
        details.append(f"Any of: {'; '.join(_evidence(one) for one in criterion.any_of)}.")
    if criterion.rule == "severity":
        details.append(SEVERITIES[study.cohort.severity].doc)
    return [criterion.label, rule.caption, " ".join(details), _when(study, criterion)]


def _evidence(one: Evidence) -> str:
    if one.pathogen:
        return f"positive test of {one.pathogen}" + (f" ({one.method})" if one.method else "")
    return f"condition {one.condition}, coded" if one.condition else f"definition {one.concept}"


def _when(study: Study, criterion: Criterion) -> str:
    if criterion.rule in EXCLUDES:
        return f"until {hours.moment(study.exposure.start_hours)}"
    if not CRITERIA[criterion.rule].timed:
        return "at admission" if criterion.rule != "treated_before" else "by time zero"
    zero = study.cohort.time_zero
    if zero == "eligible" or (zero == "severity_onset" and criterion.rule == "severity"):
        return "by time zero"
    return "in the whole stay"
