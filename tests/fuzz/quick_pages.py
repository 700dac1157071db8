"""Quick pages for runs inside a process: figures as their texts, and no Great Expectations site.

Both take most of a small run. What is in a figure that is not drawn at all stands in it as a hash,
so that runs of other results have other figures. A figure whose own text holds mathematics is drawn
in full; and every case of the fuzz that goes through the real command line draws and writes
everything.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

OF_RESULTS = ("love_plot", "overlap", "curves", "forest", "dosing_histograms")
HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
    'width="100pt" height="100pt" viewBox="0 0 100 100">\n'
)


@contextlib.contextmanager
def quick_pages(*, drawn: bool = False) -> Iterator[None]:
    """Meanwhile, figures are saved as their texts, and Data Docs are left out.

    `drawn`: the figures of analytes and of results are made, and only not saved as they are.
    """
    from matplotlib.figure import Figure

    from ehrivig import validate

    full, site = Figure.savefig, validate.write_data_docs

    def save(figure: Figure, target: Any, **options: Any) -> None:
        words = _words(figure)
        if any("$" in word for word in map(str, words)):
            full(figure, target, **options)
            return
        target.write(_svg(words))

    Figure.savefig = save
    validate.write_data_docs = lambda *_, **__: None
    try:
        with contextlib.nullcontext() if drawn else _not_made():
            yield
    finally:
        Figure.savefig, validate.write_data_docs = full, site


@contextlib.contextmanager
def unattacked() -> Iterator[None]:
    """Meanwhile, releases hide what is hidden at first sight, and no attack looks for more.

    The attack takes a third of a small run. What it finds has tests of its own.
    """
    from ehrivig.release import hidden

    before = hidden.until_safe
    hidden.until_safe = lambda tables, _smallest: (tables, [], [])
    try:
        yield
    finally:
        hidden.until_safe = before


@contextlib.contextmanager
def _not_made() -> Iterator[None]:
    """Meanwhile, the figures of analytes and of results are a name and a hash of their table."""
    from ehrivig.report import figures as of_results
    from ehrivig.validate.quality import figures as of_quality

    before = {name: getattr(of_results, name) for name in OF_RESULTS}
    of_analyte = of_quality.distribution
    for name in OF_RESULTS:
        setattr(of_results, name, _write)
    of_quality.distribution = lambda analyte, counts, *_: _svg([analyte, _mark(counts)])
    try:
        yield
    finally:
        of_quality.distribution = of_analyte
        for name, draw in before.items():
            setattr(of_results, name, draw)


def _write(table: Any, path: Path, **options: str) -> None:
    path.write_text(_svg([path.stem, *options.values(), _mark(table)]), encoding="utf-8")


def _mark(table: Any) -> str:
    return hashlib.sha256(table.write_csv().encode()).hexdigest()


def _svg(words: list[str]) -> str:
    body = "".join(f"<text>{escape(word)}</text>\n" for word in map(str, words))
    return f"{HEAD}{body}</svg>\n"


def _words(figure: Any) -> list[str]:
    """The titles, labels and notes of a figure, and the words on its axes."""
    found = list(figure.texts)
    for axes in figure.axes:
        found += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        found += axes.get_legend().get_texts() if axes.get_legend() else []
        ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
        found += [tick for tick in ticks if "$" not in tick.get_text()]
    return [text.get_text() for text in found]
