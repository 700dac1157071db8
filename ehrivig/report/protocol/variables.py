"""Section 7.4 of the protocol: exposure, outcomes, follow-up and covariates, as defined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ehrivig.errors import many
from ehrivig.report import answer_daily
from ehrivig.report.protocol import hours
from ehrivig.report.protocol.section import Section, facts
from ehrivig.report.table import Table
from ehrivig.study import Covariate, Exposure, Outcome, Study
from ehrivig.study.registries import COVARIATES, OUTCOMES
from ehrivig.study.registries.entry import Entry


def sections(study: Study) -> list[Section]:
    """Variables, each with the list that its codes come from and its window."""
    return [
        Section("7.4", "Variables"),
        _exposure(study),
        _outcomes(study),
        _follow_up(study),
        _covariates(study),
    ]


def _exposure(study: Study) -> Section:
    drug = study.exposure
    end = "belongs to the day of its start"
    if drug.midnight == "pro_rata":
        end = "is shared by the days, each its part of the time"
    bands = "; ".join(f"{b.low_label} against {b.high_label}" for b in drug.bands)
    rows = [
        ("Exposure", drug.label),
        ("List of products", f"{drug.codelist} ({_whose(study, drug.codelist)})"),
        ("Routes", ", ".join(drug.routes)),
        ("What counts as given", "status given or stopped, a dose that is not zero"),
        ("Exposure window", hours.window(drug.start_hours, drug.end_hours)),
        ("Grace period", f"{study.grace_hours:g} h" * (study.answer == "clone_censor_weight")),
        ("Course", f"doses more than {many(drug.course_gap_days, 'day')} apart are two"),
        ("Infusion over midnight", end),
        ("Rate without an end", _open_rate(drug)),
        ("Groups of the exposed", bands),
        ("Comparator", study.study.estimand.comparator),
    ]
    said = "Who has no row that can be read of the drug, but one that could be, is in neither arm."
    table = facts("Table 6. Operational definition of exposure", rows)
    return Section("7.4.1", "Exposure of interest", (said,), (table,))


def _whose(study: Study, codelist: str) -> str:
    """Whether a drug list is the study's own."""
    own = [f for f in study.lists.own if f.path.endswith(f"drugs/{codelist}.csv")]
    return "of the study's own" if own else "shipped with the package"


def _open_rate(drug: Exposure) -> str:
    if drug.open_rate_hours is None:
        return ""
    return (
        "ends when the drug is charted anew or stopped, with the stay, or after "
        f"{drug.open_rate_hours:g} h (assumed)"
    )


def _outcomes(study: Study) -> Section:
    head = ["Outcome", "Role", "Source", "Code list", "Within"]
    rows = [_outcome(study, outcome) for outcome in study.outcomes.variables]
    table = Table("Table 7. Operational definitions of outcomes", head, rows, wide=True)
    known = _known_after(study)
    used = dict.fromkeys(outcome.source for outcome in study.outcomes.variables)
    sources = _sources("Table 7. Sources of outcomes", [OUTCOMES[name] for name in used])
    return Section("7.4.2", "Outcomes of interest", known, (table, sources))


def _sources(caption: str, entries: Sequence[Entry]) -> Table:
    """What each kind of variable is, said once."""
    return facts(caption, [(one.caption, one.doc.replace("`", "")) for one in entries])


def _outcome(study: Study, outcome: Outcome) -> list[str]:
    source = OUTCOMES[outcome.source]
    role = "secondary" if outcome.group == "outcome" else "treatment in the stay"
    if outcome.name in study.analysis.negative_controls:
        role = "negative control"
    if outcome.name == study.outcomes.primary:
        role = "primary"
    code = (outcome.code or outcome.name) if source.codes is not None else ""
    code = ", ".join([code, *_limits(outcome)])
    within = "" if outcome.within_days is None else f"{outcome.within_days:g} d"
    return [outcome.label, role, source.caption, code, within]


def _limits(outcome: Outcome) -> Iterator[str]:
    """What a laboratory value must reach, in words."""
    for value, side in ((outcome.at_least, "or more"), (outcome.at_most, "or less")):
        if value is not None:
            yield f"{value:g} {side}"
    times = (
        (outcome.times_baseline_at_least, "or more"),
        (outcome.times_baseline_at_most, "or less"),
    )
    for value, side in times:
        if value is not None:
            yield f"{value:g} times the baseline {side}"


def _follow_up(study: Study) -> Section:
    end = study.extract.extract_date
    rows = [
        ("Begins", hours.time_zero(study)),
        ("Ends, whichever is first", f"{study.primary.event_label}; {hours.follow_up_end(study)}"),
        ("End of the extract", str(end) if end else "the last day that the extract knows of"),
        ("Leaving the hospital", _leaving(study)),
        ("Departing from a strategy", _departing(study)),
    ]
    return Section(
        "7.4.3", "Follow-up", tables=(facts("Table 8. Operational definition of follow-up", rows),)
    )


def _known_after(study: Study) -> tuple[str, ...]:
    """What is known of deaths after discharge; nothing to say where no death is asked for."""
    if study.primary.source != "death":
        return ()
    declared = study.primary.after_discharge or study.outcomes.after_discharge
    said = {
        "linked": "Deaths after discharge are declared to be on record.",
        "in_hospital": "Deaths are known within the stay alone; leaving alive competes.",
        "unknown": "Deaths after discharge are unknown: people are followed until they leave "
        "alive, and who stays is weighted for them.",
        None: "Whether deaths after discharge are on record is decided by the dates of death, and "
        "reported; where they are not, death in the hospital takes their place.",
    }
    return (said[declared],)


def _leaving(study: Study) -> str:
    if not OUTCOMES[study.primary.source].follow_up:
        return "ends what can be seen"
    if study.primary.source == "in_hospital_death":
        return "alive: competing event; nobody who left can start the drug"
    if (study.primary.after_discharge or study.outcomes.after_discharge) == "unknown":
        return "alive: ends what can be seen; who stays is weighted for who left"
    declared = study.primary.after_discharge or study.outcomes.after_discharge
    if declared == "in_hospital":
        return "alive: competing event; nobody who left can start the drug"
    if declared == "linked":
        return "no end: deaths after discharge are declared to be on record"
    return "no end where deaths after discharge are on record, else a competing event"


def _departing(study: Study) -> str:
    if study.answer == "clone_censor_weight":
        return "the copy of the person that follows it is censored; weights stand for it"
    return "no end: people are compared as they began"


def _covariates(study: Study) -> Section:
    head = ["Covariate", "Source", "Code list", "Window", "Used in"]
    rows = [_covariate(study, variable) for variable in study.covariates.variables]
    table = Table("Table 9. Operational definitions of covariates", head, rows, wide=True)
    limit = study.covariates.baseline_end_hours
    said = (
        f"What is measured until {limit:g} h after time zero counts as known at time zero."
        if limit
        else "Only what is measured before time zero counts as known then."
    )
    used = dict.fromkeys(variable.source for variable in study.covariates.variables)
    sources = _sources("Table 9. Sources of covariates", [COVARIATES[name] for name in used])
    moves = tuple(filter(None, (answer_daily.known(study),)))
    return Section("7.4.4", "Covariates", (said, *moves), (table, sources))


def _covariate(study: Study, variable: Covariate) -> list[str]:
    source = COVARIATES[variable.source]
    code = (variable.code or variable.name) if source.codes is not None else ""
    if variable.any_of:
        code = ", ".join(variable.any_of)
    found = hours.of_covariate(study, variable)
    when = "any time" if found is None else hours.window(*found)
    unit = f" ({variable.unit})" if variable.unit else ""
    return [f"{variable.label}{unit}", source.caption, code, when, _uses(study, variable.name)]


def _uses(study: Study, name: str) -> str:
    plan = study.analysis
    used = {
        "score": name in study.match.covariates,
        "exact matching": name in study.match.exact,
        "model": name in plan.adjust,
        "subgroup": name in [s.variable for s in plan.subgroups],
    }
    return ", ".join(word for word, is_used in used.items() if is_used) or "described"
