"""How somebody of the cohort counts: time zero, doses, covariates, outcomes, his match.

Values are those of the analysis table, which the models read.
"""

from __future__ import annotations

from typing import Any

from ehrivig.results.why.kept import Kept
from ehrivig.results.why.section import Section, text, values

_MOMENTS = ("time_zero", "eligible_at", "eligible_undated")
_UNITS = {
    **{"hours_to_first_dose": "h", "max_daily_g": "g", "mean_daily_g": "g", "total_g": "g"},
    **{"total_g_per_kg": "g/kg", "max_daily_g_per_kg": "g/kg", "duration_days": "days"},
    **{"days_from_onset_to_first_dose": "days"},
    **{"days_to_death": "days", "time_days": "days", "stay_days": "days"},
    **{"clearance_entry_days": "days", "clearance_days": "days", "discharge_days": "days"},
}
_ENDS = {
    "stay_end": {1: "died", 2: "left alive", 0: "neither"},
    "clearance_status": {1: "cleared", 2: "died", 3: "left alive uncleared", 0: "censored"},
}
"""What the numbers of a column mean (`ehrivig.features.outcomes`)."""
_PARTNERS = 10
_COURSE = ("started_on", "stopped_on", "n_administrations", "n_usable", "total_g", "max_daily_g")


def counted(kept: Kept) -> list[Section]:
    """The sections of somebody in the cohort; none of anybody else."""
    row = kept.row("analysis")
    if row is None:
        return []
    doses = kept.row("dosing") or {}
    covariates = list(kept.row("hospitals/baseline") or {})
    rest = [n for n in row if n not in {*_MOMENTS, *doses, *covariates, "exposed"}]
    bands = [n for n in rest if n.startswith("band_")]
    repeated = [n for n in rest if n.endswith("_repeat")]
    outcomes = [n for n in rest if n not in {*bands, *repeated}]
    units = _units(kept)
    return [
        Section("Time zero", values(row, _MOMENTS)),
        Section("Exposure", _exposure(row, doses, bands)),
        *_courses(kept),
        Section("Covariates", values(row, covariates, units)),
        Section("Repeated values", values(row, repeated, units)),
        Section("Outcomes", _outcomes(row, outcomes, units)),
        _match(kept),
    ]


def _units(kept: Kept) -> dict[str, str]:
    """The units of covariates and outcomes, as the study states them."""
    found = dict(_UNITS)
    for part in ("covariates", "outcomes"):
        for one in (kept.study.get(part) or {}).get("variables") or []:
            if unit := one.get("unit"):
                found[one["name"]] = found[f"{one['name']}_repeat"] = unit
            elif str(one.get("from", "")).endswith("length_of_stay"):
                found[one["name"]] = "days"
    return found


def _exposure(
    row: dict[str, Any], doses: dict[str, Any], bands: list[str]
) -> list[tuple[str, str]]:
    """Whether exposed, and the doses; of somebody without one that there is none."""
    said = values(row, ("exposed",))
    if doses.get("n_administrations") == 0:
        none = "none that counts: given, by a route of the study, in its window"
        return [*said, ("administrations", none)]
    said += values(doses, doses, _UNITS)
    if doses.get("dose_complete") is False:
        said.append(("amounts", "lower bounds: not every administration has a known amount"))
    return [*said, *values(row, bands)]


def _courses(kept: Kept) -> list[Section]:
    rows = kept.rows("courses")
    return [
        Section(f"Course {row['course']}", values(row, _COURSE, _UNITS)) for row in rows.to_dicts()
    ]


def _outcomes(
    row: dict[str, Any], names: list[str], units: dict[str, str]
) -> list[tuple[str, str]]:
    said = dict(values(row, names, units))
    for name, meanings in _ENDS.items():
        if row.get(name) in meanings:
            said[name] = meanings[row[name]]
    return list(said.items())


def _match(kept: Kept) -> Section:
    row = kept.row("matched")
    if row is None:
        return Section("Matching", [("pair", "not matched")])
    matched = kept.run.matched
    partners = matched.filter(matched["pair_id"] == row["pair_id"])
    others = [stay for stay in partners.to_dicts() if not kept.is_own(stay)]
    said = values(row, ("pair_id", "propensity_score", "weight"))
    for other in others[:_PARTNERS]:
        whom = f"{other['admission_id']} of {other['hospital_id']}"
        said.append(("matched with", f"{whom}, score {text(other.get('propensity_score'))}"))
    if len(others) > _PARTNERS:
        said.append(("and", f"{len(others) - _PARTNERS:,} more"))
    return Section("Matching", said)
