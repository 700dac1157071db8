"""The page `quality/index.html`: one self-contained file, escaped, readable on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from ehrivig import contract
from ehrivig.codes import tables as code_tables
from ehrivig.database import Database
from ehrivig.disclosure import shown, small
from ehrivig.figures.page import inline
from ehrivig.figures.page import page as filled
from ehrivig.study import Study, clock
from ehrivig.validate import Check, Measurement, left, switched_off
from ehrivig.validate.drift import changes
from ehrivig.validate.measurement import ALL
from ehrivig.validate.quality import calendar, known, numbers
from ehrivig.validate.quality.findings import WORST, findings
from ehrivig.validate.quality.strips import shade, strip
from ehrivig.validate.result import HospitalResult

_MOST = 25  # rows of a table of reasons or changes
_MOST_ROWS = 200
"""Lines of a table with one for each hospital and table, unit or month."""
FEW = 12
"""Up to so many hospitals have a column each; more are squares on a line."""


@dataclass(frozen=True)
class EarlierRun:
    """The measurements of a run before this one, under a label such as its date."""

    label: str
    measurements: list[Measurement]


def page(
    folder: Path,
    study: Study,
    hospitals: Sequence[HospitalResult],
    checks: list[Check],
    dropped: Sequence[str] = (),
    earlier: Sequence[EarlierRun] = (),
    *,
    simulated: bool = False,
) -> str:
    """The HTML of the report. Counts below the study's smallest cell are not shown.

    `simulated`: the extract is synthetic, and the page says so first.
    """
    smallest = study.report.smallest_cell
    there = {h.hospital_id for h in hospitals}
    names = sorted(there | {c.hospital_id for c in checks} | {*dropped})
    each = [name for name in names if name != ALL]
    now = [m for hospital in hospitals for m in hospital.measurements]
    return filled(
        "ehrivig.validate.quality",
        "quality.html",
        title=study.study.title,
        simulated=simulated,
        hospitals=names,
        each=each,
        dropped=sorted(dropped),
        tables=[table.name for table in contract.TABLES],
        verdicts=_verdicts(checks),
        findings=findings(checks, each, smallest),
        strips=_strips(checks, each) if len(each) > FEW else {},
        rows=_rows(hospitals, smallest)[:_MOST_ROWS],
        n_rows=sum(1 for h in hospitals for read in h.rows_read.values() if read),
        reasons=_reasons(folder, smallest),
        known=known.shown_on_page(folder, smallest),
        ranges=len(each) > FEW,
        completeness=_completeness(folder, hospitals),
        **calendar.shown_on_page(folder, len(hospitals), smallest),
        clock=clock.told(study),
        switched_off=sorted(switched_off.checks(study)),
        figures=_figures(folder, study),
        legend=_legend(hospitals),
        many=len(hospitals) > _many(),
        units=_units(folder, smallest),
        doses=_doses(folder, smallest),
        trend=_trend(now, earlier),
        changed=_changed(now, earlier),
        has_earlier=bool(earlier),
        smallest=smallest,
        **_headline(hospitals, checks, smallest),
    )


def _headline(
    hospitals: Sequence[HospitalResult], checks: list[Check], smallest: int
) -> dict[str, Any]:
    """How many checks warn, what was set aside, and where least is left (None: nowhere less)."""
    least = left.smallest_kept(hospitals, smallest)
    read, rejected = (
        sum(sum(counts.values()) for counts in every)
        for every in ([h.rows_read for h in hospitals], [h.rows_quarantined for h in hospitals])
    )
    return {
        "warned": len(_of_verdict(checks, "warn") - _of_verdict(checks, "fail")),
        "rejected": shown(rejected, smallest),
        "read": f"{read:,}",
        "least": least if least and least.share <= 0.995 else None,
    }


def _verdicts(checks: list[Check]) -> dict[tuple[str, str], str]:
    """(hospital, table) -> the worst verdict of its checks."""
    worst: dict[tuple[str, str], str] = {}
    for check in checks:
        key = (check.hospital_id, check.table)
        worst[key] = max(worst.get(key, "pass"), check.verdict, key=lambda v: WORST[v])
    return worst


def _strips(checks: list[Check], names: Sequence[str]) -> dict[str, tuple[Markup, str]]:
    """Table -> all hospitals on a line, by the worst verdict of its checks, and in words."""
    worst, found = _verdicts(checks), {}
    for table in contract.TABLES:
        marks = [worst.get((name, table.name), "") for name in names]
        counts = {mark: marks.count(mark) for mark in ("fail", "warn", "pass")}
        said = ", ".join(f"{n} {mark}" for mark, n in counts.items() if n) or "no check"
        if (whole := worst.get((ALL, table.name))) in ("fail", "warn"):
            said += f"; all together: {whole}"
        found[table.name] = strip(marks, said), said
    return found


def _proportion(count: int, total: int, smallest: int) -> str:
    """A percentage, unless its count is a small cell."""
    if not total or small(count, smallest):
        return ""
    proportion = count / total
    return f"{proportion:.1%}" if proportion >= 0.001 else "<0.1%"


def _rows(hospitals: Sequence[HospitalResult], smallest: int) -> list[dict[str, Any]]:
    """Rows read and rejected per hospital and table with any row."""
    return [
        {
            "hospital": hospital.hospital_id,
            "table": table,
            "read": shown(read, smallest),
            "quarantined": shown(hospital.rows_quarantined.get(table, 0), smallest),
            "proportion": _proportion(hospital.rows_quarantined.get(table, 0), read, smallest),
        }
        for hospital in sorted(hospitals, key=lambda h: h.hospital_id)
        for table, read in hospital.rows_read.items()
        if read
    ]


def _reasons(folder: Path, smallest: int) -> list[dict[str, Any]]:
    """The commonest reasons in quarantine."""
    frame = numbers.reasons(folder).head(_MOST)
    return [{**row, "rows": shown(row["rows"], smallest)} for row in frame.to_dicts()]


def _completeness(
    folder: Path, hospitals: Sequence[HospitalResult]
) -> dict[str, list[dict[str, Any]]]:
    """Table -> per column, the proportion of rows with a value in each hospital (None: no rows)."""
    frame = numbers.aggregate(folder, "completeness")
    found: dict[str, list[dict[str, Any]]] = {}
    for table in contract.TABLES:
        own = frame.filter((pl.col("table") == table.name) & (pl.col("n_rows") > 0))
        if own.is_empty():
            continue
        proportion = {
            (row["hospital_id"], row["column"]): row["n_present"] / row["n_rows"]
            for row in own.to_dicts()
        }
        ids = sorted(h.hospital_id for h in hospitals)
        of = {name: [proportion.get((h, name)) for h in ids] for name in table.names}
        found[table.name] = [_column(name, shares) for name, shares in of.items()]
    return found


def _of_verdict(checks: Sequence[Check], verdict: str) -> set[str]:
    """The checks with this verdict in some hospital."""
    return {check.check for check in checks if check.verdict == verdict}


def _column(name: str, shares: list[float | None]) -> dict[str, Any]:
    """A column of the source: its share in each hospital; of many their range, and a line."""
    if len(shares) <= FEW:
        return {"column": name, "proportions": shares}
    there = sorted(share for share in shares if share is not None)
    ends = (there[0], there[len(there) // 2], there[-1]) if there else ()
    said = " \u2013 ".join(f"{100 * share:.0f}%" for share in ends)
    drawn = strip([shade(share) for share in shares], said)
    return {"column": name, "proportions": shares, "strip": drawn, "range": said}


def _figures(folder: Path, study: Study) -> list[Markup]:
    """The distribution of every analyte with results."""
    from ehrivig.validate.quality.figures import distribution

    counts = numbers.aggregate(folder, "lab_distribution")
    known, smallest = _limits(study), study.report.smallest_cell
    found = []
    for number, analyte in enumerate(sorted(set(counts["analyte"]))):
        limit = known.get(analyte, {})
        own = counts.filter(pl.col("analyte") == analyte)
        svg = distribution(analyte, own, limit, limit.get("unit") or "", smallest)
        found.append(inline(svg, f"lab-{number}"))
    return found


def _limits(study: Study) -> dict[str, dict[str, Any]]:
    """Variable -> its unit and limits: hard_lo, soft_lo, soft_hi, hard_hi (null: none)."""
    with Database() as db:
        db.execute("CREATE SCHEMA ref")
        code_tables.load(db, study.lists)
        rows = db.frame(
            "SELECT variable, unit, hard_lo, soft_lo, soft_hi, hard_hi "
            'FROM ref."limit" ORDER BY ALL'
        )
    return {
        row["variable"]: row
        for row in rows.unique("variable", keep="first", maintain_order=True).to_dicts()
    }


def _many() -> int:
    """Of more hospitals a figure shows the range, not each."""
    from ehrivig.validate.quality.figures import MANY

    return MANY


def _legend(hospitals: Sequence[HospitalResult]) -> list[dict[str, str]]:
    """Colour and line of every hospital in the figures."""
    from ehrivig.figures.style import series_styles

    dashes = {"-": "", "--": "6 3", ":": "1 3", "-.": "6 3 1 3"}
    names = sorted(h.hospital_id for h in hospitals)
    return [
        {"hospital": name, "colour": colour, "dashes": dashes[line]}
        for name, (colour, line) in series_styles(names).items()
    ]


def _units(folder: Path, smallest: int) -> list[dict[str, Any]]:
    """Per analyte: which units its results came in, by hospital."""
    frame = numbers.aggregate(folder, "lab_unit").sort("analyte", "hospital_id", "unit")
    return [
        {**row, "unit": row["unit"] or "(none)", "n": shown(row["n"], smallest)}
        for row in frame.head(_MOST_ROWS).to_dicts()
    ]


def _doses(folder: Path, smallest: int) -> list[dict[str, Any]]:
    """The study drug's administrations by unit, and what is known to turn them into grams."""
    frame = numbers.aggregate(folder, "dose_unit").sort("hospital_id", "dose_unit")
    return [
        {
            "hospital": row["hospital_id"],
            "unit": row["dose_unit"] or "(none)",
            "n": shown(row["n"], smallest),
            "dose": _proportion(row["n_dose"], row["n"], smallest),
            "concentration": _proportion(row["n_concentration"], row["n"], smallest),
            "strength": _proportion(row["n_strength"], row["n"], smallest),
        }
        for row in frame.head(_MOST_ROWS).to_dicts()
    ]


def _trend(now: list[Measurement], earlier: Sequence[EarlierRun]) -> Markup | None:
    """Violated rows of quarantine checks per 1,000 rows judged, over the runs."""
    from ehrivig.validate.quality.figures import trend

    if not earlier:
        return None
    runs = [*earlier, EarlierRun("this run", now)]
    names = sorted({m.hospital_id for m in now} - {"all"})  # coloured as the legend is
    series = {
        name: [_rejected_per_thousand(run.measurements, name) for run in runs] for name in names
    }
    labels = [run.label for run in runs]
    return inline(trend(labels, series, "quarantine findings per 1,000 rows"), "trend")


def _rejected_per_thousand(measurements: list[Measurement], hospital_id: str) -> float | None:
    own = [m for m in measurements if m.hospital_id == hospital_id and m.severity == "quarantine"]
    rows: dict[str, int] = {}
    for m in own:
        rows[m.table] = max(rows.get(m.table, 0), m.denominator)
    total = sum(rows.values())
    return 1000 * sum(m.violated for m in own) / total if total else None


def _changed(now: list[Measurement], earlier: Sequence[EarlierRun]) -> list[dict[str, Any]]:
    """The checks whose proportion moved by more than a point since the last run."""
    if not earlier:
        return []
    return [
        {
            "hospital": change.hospital_id,
            "check": change.check,
            "before": f"{change.proportion_before:.1%}",
            "now": f"{change.proportion_now:.1%}",
        }
        for change in changes(now, earlier[-1].measurements)[:_MOST]
    ]
