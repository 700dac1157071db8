"""What a protocol is made of: numbered sections of sentences and tables."""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.report.table import Table

OF_AUTHORS = "To be written by the authors."
"""What no study file can say."""


@dataclass(frozen=True)
class Section:
    """One section of the HARPER template; `drawn`: the design diagram stands in it."""

    number: str
    title: str
    said: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    drawn: bool = False

    @property
    def anchor(self) -> str:
        """The name of its place on the page."""
        return "s" + self.number.replace(".", "-")

    @property
    def depth(self) -> int:
        """1 for a section of the first rank, 2 for one within it, and so on."""
        return self.number.count(".") + 1


def facts(caption: str, rows: list[tuple[str, str]]) -> Table:
    """A table of names and what stands for them; what is empty is left out."""
    return Table(caption, ["Item", "In this study"], [[a, b] for a, b in rows if b], wide=True)
