"""Quick pages for runs inside a process: figures as their texts, and no Great Expectations site.

Both take most of a small run, and the figure of every analyte a third of a small check: these are
left out too unless asked for. A figure whose own text holds mathematics is drawn in full; and every
case of the fuzz that goes through the real command line draws and writes everything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from html import escape
from typing import Any

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
    'width="100pt" height="100pt" viewBox="0 0 100 100">\n'
)


@contextlib.contextmanager
def quick_pages(*, distributions: bool = False) -> Iterator[None]:
    """Meanwhile, figures are saved as their texts, and Data Docs are left out.

    `distributions`: those of the analytes are drawn as well.
    """
    from matplotlib.figure import Figure

    from ehrivig import validate
    from ehrivig.validate.quality import figures

    full, site, of_analyte = Figure.savefig, validate.write_data_docs, figures.distribution

    def save(figure: Figure, target: Any, **options: Any) -> None:
        words = _words(figure)
        if any("$" in word for word in words):
            full(figure, target, **options)
            return
        target.write(_svg(words))

    Figure.savefig = save
    validate.write_data_docs = lambda *_, **__: None
    if not distributions:
        figures.distribution = lambda analyte, *_: _svg([analyte])
    try:
        yield
    finally:
        Figure.savefig, validate.write_data_docs = full, site
        figures.distribution = of_analyte


def _svg(words: list[str]) -> str:
    body = "".join(f"<text>{escape(word)}</text>\n" for word in words)
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
