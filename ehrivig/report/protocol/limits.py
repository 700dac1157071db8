"""Sections 8 to 12 of the protocol: what the design cannot do, and whom it protects."""

from __future__ import annotations

from collections.abc import Iterator

from ehrivig.report import answer_daily
from ehrivig.report.methods import hidden_counts
from ehrivig.report.protocol import hours
from ehrivig.report.protocol.section import OF_AUTHORS, Section
from ehrivig.report.table import Table
from ehrivig.study import Study
from ehrivig.study.admitted import late_names
from ehrivig.study.immortal_time import warnings_of
from ehrivig.study.registries import CRITERIA

REFERENCES = (
    "Cashin AG et al. Transparent reporting of observational studies emulating a target trial: the "
    "TARGET statement. JAMA 2025;334:1084.",
    "Wang SV et al. HARmonized Protocol Template to Enhance Reproducibility (HARPER). "
    "Pharmacoepidemiol Drug Saf 2023;32:44.",
    "Schneeweiss S et al. Graphical depiction of longitudinal study designs in health care "
    "databases. Ann Intern Med 2019;170:398.",
    "Hernan MA, Robins JM. Using big data to emulate a target trial. Am J Epidemiol 2016;183:758.",
)


def sections(study: Study) -> list[Section]:
    """Limits, people, events, references, appendices."""
    people = (
        f"{hidden_counts(study)} No message, log or report holds a value of a patient. Approval by "
        f"an ethics committee: {OF_AUTHORS.lower()}"
    )
    harm = "Existing records are used as they are; no harm of a single person is looked for."
    follows = (study.study.citation,) if study.study.citation else ()
    return [
        Section("8", "Limitation of the methods", tuple(limits(study))),
        Section("9", "Protection of human subjects", (people,)),
        Section("10", "Reporting of adverse events", (harm,)),
        Section("11", "References", (*follows, *REFERENCES)),
        Section("12", "Appendices", ("The codes behind every name.",), (_lists(study),)),
    ]


def limits(study: Study) -> Iterator[str]:
    """What may bias the answer, as far as the study file shows it."""
    yield (
        "Nobody was assigned at random: the answer is an effect only as far as the covariates hold "
        "all that led to treatment and to the outcome."
    )
    yield from (f"{warning[0].upper()}{warning[1:]}." for warning in warnings_of(study))
    late = [c.label for c in study.cohort.criteria if CRITERIA[c.rule].timed]
    if late and study.cohort.time_zero == "admission":
        yield f"Looked for in the whole stay, also after time zero: {'; '.join(late)}."
    used = late_names(study, (*study.match.covariates, *study.analysis.adjust))
    if used:
        yield f"Measured after time zero and used all the same: {', '.join(used)}."
    if study.covariates.baseline_end_hours:
        end = hours.moment(study.covariates.baseline_end_hours)
        yield (
            f"Measurements until {end} count as known at time zero; early treatment may move them."
        )
    if unseen := answer_daily.unseen(study):
        yield unseen
    if not study.analysis.negative_controls:
        yield "No negative control is declared: bias that is left cannot be seen."
    yield (
        "Records made for care: codes may be wrong, what nobody measured is missing for a reason, "
        "and care elsewhere is not seen."
    )


def _lists(study: Study) -> Table:
    own = [[f.path, f"{len(f.lines):,}", f.sha256] for f in study.lists.own]
    rows = own or [["shipped with the package", "", "each with its hash in manifest.json"]]
    return Table("Code lists", ["File", "Lines", "SHA-256"], rows, wide=True)
