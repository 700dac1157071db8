"""Sections 1 to 6 of the protocol: who asks what, and why."""

from __future__ import annotations

from typing import Any

from ehrivig.report.protocol import hours
from ehrivig.report.protocol.section import OF_AUTHORS, Section, facts
from ehrivig.study import Study
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
        ("Protocol fixed", "before any event is read: the run writes protocol.json first"),
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
    asked, primary = study.study.estimand, study.primary
    tables = [facts("Table 2. Primary research question", _primary(study))]
    others = [v for v in study.outcomes.variables if v.name != primary.name]
    controls = study.analysis.negative_controls
    named = [v.label for v in others if v.group == "outcome" and v.name not in controls]
    if named:
        said = f"The same contrast on: {'; '.join(named)}."
        tables.append(facts("Table 2. Secondary questions", [("Objective", said)]))
    return Section(
        "6",
        "Research question and objectives",
        (f"{asked.contrast[0].upper()}{asked.contrast[1:]}.",),
        tuple(tables),
    )


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
