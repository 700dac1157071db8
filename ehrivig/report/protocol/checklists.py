"""Checklists of reporting guidelines, each item with the place that answers it.

The items are in words of our own: TARGET (Cashin et al., JAMA 2025, doi:10.1001/jama.2025.13350),
STROBE for cohort studies (von Elm et al., PLoS Med 2007, doi:10.1371/journal.pmed.0040296), RECORD
(Benchimol et al., PLoS Med 2015, doi:10.1371/journal.pmed.1001885) with RECORD-PE (Langan et al.,
BMJ 2018, doi:10.1136/bmj.k3532). A journal may ask for their own forms.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ehrivig import resources

REPORT, PROTOCOL = "report.html", "protocol.html"
PAGES = {"report": REPORT, "protocol": PROTOCOL}
GUIDELINES = {
    "target": "TARGET 2025",
    "strobe": "STROBE (cohort studies)",
    "record_pe": "RECORD and RECORD-PE",
}
_FOLDER = Path(__file__).resolve().parent / "guidelines"
_ID = re.compile(r'<(?:header|section|h[1-6]|table|figure|p)[^>]* id="([^"]+)"')


@dataclass(frozen=True)
class Place:
    """Where an item is answered: page and part of it, with the words of a link."""

    page: str
    part: str
    words: str

    @property
    def link(self) -> str:
        """The address of the place, from a page beside it."""
        return f"{self.page}#{self.part}"


@dataclass(frozen=True)
class Asked:
    """One item: what it asks, where this run answers it, what is left to the authors.

    `absent`: places that would answer it, had the run what stands there.
    """

    item: str
    asks: str
    places: tuple[Place, ...]
    absent: tuple[str, ...]
    authors: str


def checklist(name: str, pages: Mapping[str, str]) -> list[Asked]:
    """Every item of a guideline, held against the pages of a run (name of the page -> HTML)."""
    anchors = {page: set(_ID.findall(html)) for page, html in pages.items()}
    text = resources.text(_FOLDER / f"{name}.csv")
    return [_asked(row, anchors) for row in csv.DictReader(text.splitlines())]


def _asked(row: dict[str, str], anchors: Mapping[str, set[str]]) -> Asked:
    wanted = [_place(one) for one in row["where"].split()]
    there = tuple(one for one in wanted if one.part in anchors.get(one.page, ()))
    gone = tuple(one.words for one in wanted if one not in there)
    return Asked(row["item"], row["asks"], there, gone, row["authors"])


def _place(text: str) -> Place:
    page, part = text.split("#")
    if page == "protocol":
        return Place(PROTOCOL, part, f"Protocol {part[1:].replace('-', '.')}")
    words = part.replace("table-", "").replace("figure-", "figure ").replace("_", " ")
    words = re.sub(r"^table(?=[0-9s])", "table ", words).replace("-", " ")
    return Place(REPORT, part, f"Report, {words}")
