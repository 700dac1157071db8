"""Sections 1 to 6 of the protocol: who asks what, and why."""

from __future__ import annotations

from typing import Any

from ehrivig.report.protocol import hours
from ehrivig.report.protocol.section import OF_AUTHORS, Section, facts
from ehrivig.study import Study
from ehrivig.study.immortal_time import immortal_time
from ehrivig.study.registries import ANSWERS, OUTCOMES


def sections(study: Study, content: dict[str, Any]) -> list[Section]:
    """Title page, abstract, amendments, timeline, background, question."""
    return [
        _title(study, content),
        Section("2", "Abstract", (_abstract(study),)),
        _amendments(study, content),
        _timeline(study),
        Section("5", "Rationale and background", (_background(study),)),
        _question(study),
    ]


def _title(study: Study, content: dict[str, Any]) -> Section:
    rows = [
        ("Title", study.study.title),
        ("Short name", study.study.name),
        ("Authors", study.report.authors),
        ("Follows", study.study.citation),
        ("Protocol version", content["protocol_hash"]),
        ("Study file", content["study_hash"]),
        ("Conflicts of interest, funding, registration", OF_AUTHORS),
    ]
    return Section("1", "Title page", tables=(facts("Study", rows),))


def _abstract(study: Study) -> str:
    asked = study.study.estimand
    return (
        f"Emulation of a target trial in records of hospital care. Among {asked.population}: "
        f"{asked.treatment} against {asked.comparator}; {asked.outcome}, as {asked.contrast}. "
        f"People are followed from {hours.time_zero(study)} to "
        f"{hours.follow_up_end(study)}. The answer is the {study.answer_measure} by "
        f"{ANSWERS[study.answer].caption}; every other number is marked as what it is."
    )


def _amendments(study: Study, content: dict[str, Any]) -> Section:
    said = (
        "A change of the study file changes its hash, and with it that of this protocol: "
        f"{content['protocol_hash'][:12]} is this version. What changed since an earlier file: "
        f"ehrivig study diff OLD.toml {study.study.name}.toml."
    )
    return Section("3", "Amendments and updates", (said,))


def _timeline(study: Study) -> Section:
    period, end = study.extract.period, study.extract.extract_date
    rows = [
        ("First day of admissions", str(period[0]) if period else "not limited"),
        ("Last day of admissions", str(period[1]) if period else "not limited"),
        ("Last day of follow-up (extract)", str(end) if end else "as the extract has it"),
        (
            "Protocol fixed",
            "before any event is read: a run writes protocol.json first, and with --protocol "
            "refuses a study that is not the one declared before",
        ),
        ("Registration, start and end of the analysis", OF_AUTHORS),
    ]
    return Section("4", "Timeline", tables=(facts("Table 1. Milestones and timeline", rows),))


def _background(study: Study) -> str:
    follows = f"The study is after: {study.study.citation}. " if study.study.citation else ""
    again = (
        "It repeats a published analysis; contrasts that hold immortal time are kept and named. "
        if study.study.reproduction
        else ""
    )
    return f"{follows}{again}{OF_AUTHORS}"


def _question(study: Study) -> Section:
    asked = study.study.estimand
    tables = [facts("Table 2. Primary research question", _primary(study))]
    if rows := _secondary(study):
        tables.append(facts("Table 2. Secondary questions", rows))
    return Section(
        "6",
        "Research question and objectives",
        (f"{asked.contrast[0].upper()}{asked.contrast[1:]}.",),
        tuple(tables),
    )


def _secondary(study: Study) -> list[tuple[str, str]]:
    """The other outcomes, by what is computed of them; a treatment in the stay is described."""
    apart = {study.primary.name, *study.analysis.negative_controls}
    others = [v for v in study.outcomes.variables if v.name not in apart]
    asked = [v for v in others if v.group == "outcome"]
    cleared = [v for v in asked if v.source == "clearance"]
    warning = immortal_time(study)
    rows = [
        (_CRUDE, [v for v in asked if not v.unit and v not in cleared]),
        (_CLEARANCE, cleared),
        (_DESCRIBED, [v for v in others if v.unit or v not in asked]),
    ]
    told = [(what, "; ".join(v.label for v in found)) for what, found in rows]
    return [*told, ("What they are", f"{_NO_ANSWER} {_sentence(warning)}")] if others else []


_CRUDE = "Ever given against never, among the matched, unadjusted: odds ratio"
_CLEARANCE = (
    "Ever given against never, among all and among the matched, unadjusted: Fine and Gray's and "
    "cause-specific hazard ratios, Gray's test"
)
_DESCRIBED = "Described in each arm, and tested for a difference; no effect is estimated"
_NO_ANSWER = "None has the design of the answer."


def _sentence(warning: str) -> str:
    """A warning as a sentence; nothing where there is none."""
    return f"{warning[0].upper()}{warning[1:]}." if warning else ""


def _primary(study: Study) -> list[tuple[str, str]]:
    asked = study.study.estimand
    end = hours.follow_up_end(study)
    return [
        ("Objective", f"To estimate the effect of {asked.treatment} on {asked.outcome}."),
        ("Hypothesis", "That there is no effect (two-sided, 5%)."),
        ("Population", asked.population),
        ("Exposure", asked.treatment),
        ("Comparator", asked.comparator),
        ("Outcome", f"{asked.outcome} ({OUTCOMES[study.primary.source].caption})"),
        ("Time", f"from {hours.time_zero(study)} to {end}"),
        ("Setting", "inpatient hospital care"),
        ("Main measure of effect", f"{study.answer_measure} ({ANSWERS[study.answer].caption})"),
    ]
