"""One page to explore the released numbers of runs: it needs no server and no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from ehrivig.errors import UsageError
from ehrivig.figures.page import page
from ehrivig.results.new_file import new_file
from ehrivig.results.run import Run
from ehrivig.results.view.tables import hidden_estimates, of_runs
from ehrivig.store.sealed import refuse_edited

_GREY = "Grey: a count that is not shown, for it would tell of few people; white: nobody."
_SECTIONS = {
    "effects": ("Effects", "Every estimate that is shown, by outcome, role and population."),
    "flow": (
        "Cohort",
        "Who is left after each criterion, in all hospitals or in one. Not shown: a number that "
        "would tell of few people; it is not 0.",
    ),
    "checks": (
        "Checks",
        "Checks that did not pass everywhere: a square for each hospital. Rows are counted in "
        "rounded numbers, so that a share may be larger than it is told.",
    ),
    "trends": ("Trends", "One check through the runs."),
    "complete": (
        "Completeness",
        "Share of rows that have what they should, of counts that are rounded; columns that lack "
        "nothing are left out.",
    ),
    "dosing": ("Dosing", f"Dose, duration and time of the first dose. {_GREY}"),
    "balance": ("Balance", "Before and after matching; what is in the score, and what is not."),
    "overlap": ("Overlap", f"Scores of both arms. {_GREY}"),
}
_EXTRA = ("altair", "vl_convert")


def view(folders: Sequence[str | Path], out: str | Path) -> Path:
    """Write a page of the released tables of finished runs, or of their releases; its path.

    Several runs stand side by side, in the order given. Raises UsageError for a folder that is no
    finished run or has released nothing, for an edited release, a file that is there, and without
    the extra `view`.
    """
    if not all(map(find_spec, _EXTRA)):
        raise UsageError('view: needs the extra: pip install "ehrivig[view]".')
    target = Path(out)
    runs = _named([Run(folder) for folder in folders])
    for run in runs.values():
        refuse_edited(run.folder, "view")
    with new_file(target, "view") as aside:
        aside.write_text(_page(runs, of_runs(runs)), encoding="utf-8")
    return target


def _named(runs: list[Run]) -> dict[str, Run]:
    """Runs by the name of their folder, or by their number where names are the same."""
    names = [run.folder.resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = [f"{number} {name}" for number, name in enumerate(names, start=1)]
    return dict(zip(names, runs, strict=True))


def _page(runs: dict[str, Run], tables: dict[str, pl.DataFrame]) -> str:
    import vl_convert

    from ehrivig.results.view.charts import specifications

    bundle: Any = vl_convert.javascript_bundle
    charts = specifications(tables, [*runs])
    studies = dict.fromkeys(run.study for run in runs.values())
    hospitals = {h for run in runs.values() for h in run.manifest.get("hospitals") or ()}
    return page(
        __name__,
        "view.html",
        title=", ".join(studies),
        runs=[(name, run.study, str(run.manifest["message"])) for name, run in runs.items()],
        n_hospitals=len(hospitals),
        smallest=max(int(run.manifest.get("smallest_cell") or 5) for run in runs.values()),
        banner=_banner(runs),
        estimates=hidden_estimates(runs),
        sections=[(name, *_SECTIONS[name]) for name in _SECTIONS if name in charts],
        bundle=Markup(bundle().replace("</script", "<\\/script")),
        specifications=_json(charts),
        data=_json({name: _columns(frame) for name, frame in tables.items()}),
    )


def _banner(runs: dict[str, Run]) -> list[str]:
    """What the runs must be read with: once what all say, else who says it."""
    told: dict[str, list[str]] = {}
    for name, run in runs.items():
        for line in run.banner:
            told.setdefault(line, []).append(name)
    everybody = len(runs)
    return [
        line if len(names) == everybody else f"{', '.join(names)}: {line}"
        for line, names in told.items()
    ]


def _columns(frame: pl.DataFrame) -> dict[str, Any]:
    """Column -> its values; of words the different ones, and the number of each row's."""
    found: dict[str, Any] = {}
    for name, column in frame.to_dict().items():
        if column.dtype == pl.String:
            words = column.unique(maintain_order=True)
            place = {word: number for number, word in enumerate(words)}
            found[name] = {"words": words.to_list(), "rows": [place[word] for word in column]}
        elif column.dtype.is_float():
            found[name] = [None if v is None or v != v else float(f"{v:.6g}") for v in column]
        else:
            found[name] = column.to_list()
    return found


def _json(value: object) -> Markup:
    """A value as text within a script: nothing in it can end the script."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
