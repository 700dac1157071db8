"""What an attacker collects: cells of people, where they are told of, and facts between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ehrivig.release.attack.puzzle import Puzzle


@dataclass(frozen=True)
class Place:
    """Where a count stands: the file, the number of its row, words for a reader, the variable."""

    file: str
    row: int
    words: str
    variable: str = ""


@dataclass
class Known:
    """The puzzle, and beside each cell of people the file and the words that it stands under.

    `sizes`: exposed and control of a population that have a yes/no variable or not; `measured`: of
    a measured one, how many have it, and whether its mean is shown; `told_of_few`: file and words
    of what is shown of fewer people than may be described; `named`: words -> the variable that they
    name; `spoken_of`: variable -> the rows that tell of it, those first that are missed least;
    `sums`: of a measured variable, its mean times how many have it; `whole`: of how many a cell is;
    `moments`: of a measured variable of all, how many have it, mean and SD.
    """

    puzzle: Puzzle = field(default_factory=Puzzle)
    where: dict[str, Place] = field(default_factory=dict)
    sizes: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    measured: dict[tuple[str, str, str], tuple[int, bool, Place]] = field(default_factory=dict)
    told_of_few: list[Place] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    spoken_of: dict[str, list[Place]] = field(default_factory=dict)
    sums: dict[tuple[str, str, str], float] = field(default_factory=dict)
    whole: dict[str, int] = field(default_factory=dict)
    moments: dict[tuple[str, str], tuple[int, float, float | None]] = field(default_factory=dict)

    def people(self, cell: str, place: Place, *, of: int | None = None) -> None:
        """A count of people; `of`: of how many, so that the others are a count as well."""
        self.puzzle.cell(cell)
        self.where.setdefault(cell, place)
        if of is not None:
            self.whole[cell] = of
            self.puzzle.cell(cell, 0, of)
            self.puzzle.equal({cell: 1, f"{cell}|rest": 1}, of)
            others = replace(place, words=f"{place.words}, the others")
            self.where.setdefault(f"{cell}|rest", others)

    def value(self, cell: str) -> int | None:
        """A count that is told, or told by the others beside it; None of one that is hidden."""
        if self.puzzle.known(cell):
            return self.puzzle.lo[cell]
        part = cell.removesuffix("|rest")
        told = part != cell and part in self.whole and self.puzzle.known(part)
        return self.whole[part] - self.puzzle.lo[part] if told else None

    def speaks(self, place: Place, variable: str, *words: str) -> None:
        """Note that a row tells of a variable, under its name or other words."""
        self.spoken_of.setdefault(variable, []).append(replace(place, variable=variable))
        for word in (variable, *words):
            self.named.setdefault(word.casefold(), variable)

    def few(self, place: Place) -> None:
        """Note a mean, SD or quantile of few people."""
        self.told_of_few.append(place)
