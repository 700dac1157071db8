"""Counts of a run for Prometheus: `metrics.prom`, in the text exposition format.

Numbers of hospitals, checks, rows and admissions; no time (the file's own time says when) and no
patient. This file is made to leave the run folder, so counts of people below the study's smallest
cell are not in it; such a sample is absent, not 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ehrivig import __version__
from ehrivig.disclosure import small
from ehrivig.errors import plain
from ehrivig.runs.state import Run
from ehrivig.validate import Check, left

FILE = "metrics.prom"
_PEOPLE = ("patient", "admission", "icu_stay")
Labels = Mapping[str, str]
Sample = tuple[Labels, float]


def write(run: Run) -> None:
    """Write `metrics.prom`: the same bytes for the same run."""
    (run.folder / FILE).write_text(exposition(run), encoding="utf-8")


def exposition(run: Run) -> str:
    """The metrics as text, each with its HELP and TYPE line, all gauges."""
    left_out = len(run.dropped)
    read = len({r.hospital_id for r in run.results} - set(run.dropped))
    families: list[tuple[str, str, list[Sample]]] = [
        ("run_info", "1, with the study and the package version.", [(_info(run), 1)]),
        ("run_exit_code", "0 done, 3 blocked, 5 nothing to compare.", [({}, run.exit_code)]),
        (
            "hospitals",
            "Hospitals, by whether the study used them.",
            [({"state": "used"}, read), ({"state": "left_out"}, left_out)],
        ),
        ("admissions", "Admissions, by how far they came.", _admissions(run)),
        ("lints", "Findings of the study's own lints.", _known(run, "lints")),
        ("checks", "Checks of the data gate, by verdict.", _checks(run.checks)),
        ("rows_read", "Rows read.", _rows(run, quarantined=False)),
        ("rows_quarantined", "Rows rejected by the gate.", _rows(run, quarantined=True)),
        (
            "share_kept",
            "What the gate left of a table: of the rows whose loss would be one.",
            _shares(run),
        ),
    ]
    return "".join(family(f"ehrivig_{name}", text, samples) for name, text, samples in families)


def _info(run: Run) -> Labels:
    return {"study": run.study.study.name, "version": __version__}


def _known(run: Run, name: str) -> list[Sample]:
    return [({}, run.numbers[name])] if name in run.numbers else []


def _admissions(run: Run) -> list[Sample]:
    """Admissions read, in the cohort, exposed, and matched pairs."""
    stages = {"read": "admissions", "cohort": "cohort", "exposed": "exposed", "pairs": "pairs"}
    smallest = run.study.report.smallest_cell
    unexposed = run.numbers.get("cohort", 0) - run.numbers.get("exposed", 0)
    hidden = {"exposed"} if small(unexposed, smallest) else set()
    return [
        ({"stage": stage}, run.numbers[name])
        for stage, name in stages.items()
        if name in run.numbers and name not in hidden and not small(run.numbers[name], smallest)
    ]


def _checks(checks: Iterable[Check]) -> list[Sample]:
    """Checks per hospital, severity and verdict."""
    counts = Counter((c.hospital_id, c.severity, c.verdict) for c in checks)
    return [
        ({"hospital": hospital, "severity": severity, "verdict": verdict}, count)
        for (hospital, severity, verdict), count in sorted(counts.items())
    ]


def _rows(run: Run, *, quarantined: bool) -> list[Sample]:
    """Rows per hospital and table; of tables with a row per person, no small counts."""
    samples: list[Sample] = []
    smallest = run.study.report.smallest_cell
    for result in sorted(run.results, key=lambda r: r.hospital_id):
        counts = result.rows_quarantined if quarantined else result.rows_read
        samples += [
            ({"hospital": result.hospital_id, "table": table}, count)
            for table, count in sorted(counts.items())
            if not (table in _PEOPLE and small(count, smallest))
        ]
    return samples


def _shares(run: Run) -> list[Sample]:
    """The share kept per hospital and table; none that would tell a small count."""
    return [
        ({"hospital": one.hospital_id, "table": one.table}, round(one.share, 4))
        for one in sorted(
            left.shares_kept(run.results), key=lambda one: (one.hospital_id, one.table)
        )
        if not one.tells(run.study.report.smallest_cell)
    ]


def family(name: str, text: str, samples: Iterable[Sample]) -> str:
    """One metric family; nothing when it has no sample."""
    lines = [f"{name}{_braces(labels)} {value}" for labels, value in samples]
    head = [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
    return "\n".join([*head, *lines, ""]) if lines else ""


def _braces(labels: Labels) -> str:
    """Labels as the exposition format quotes them."""
    quoted = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(quoted) + "}" if labels else ""


def _escaped(value: str) -> str:
    return plain(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
