"""What an attacker collects: cells of people, where they are told of, and facts between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ehrivig.release.attack.multiples import limits
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
    a measured one, how many have it, and whether its mean is shown; `unsized`: those of which it is
    not told how many; `told_of_few`: file and words
    of what is shown of fewer people than may be described; `named`: words -> the variable that they
    name; `spoken_of`: variable -> the rows that tell of it, those first that are missed least;
    `sums`: of a measured variable, its mean times how many have it; `whole`: of how many a cell is;
    `moments`: of a measured variable, in all and in each arm, how many have it, mean and SD;
    `rounded_to` and `smallest`: to what counts are rounded, and which are not shown; `fewest`: the
    smallest count that is none of few; `shown`: counts as told.
    """

    puzzle: Puzzle = field(default_factory=Puzzle)
    where: dict[str, Place] = field(default_factory=dict)
    sizes: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    measured: dict[tuple[str, str, str], tuple[int, bool, Place]] = field(default_factory=dict)
    unsized: set[tuple[str, str, str]] = field(default_factory=set)
    told_of_few: list[Place] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    spoken_of: dict[str, list[Place]] = field(default_factory=dict)
    sums: dict[tuple[str, str, str], float] = field(default_factory=dict)
    whole: dict[str, int] = field(default_factory=dict)
    moments: dict[tuple[str, str, str], tuple[int, float, float | None]] = field(
        default_factory=dict
    )
    rounded_to: int = 1
    smallest: int = 0
    fewest: int = 5
    shown: dict[str, int] = field(default_factory=dict)

    def told(self, cell: str, value: int) -> None:
        """A count that is shown, as it is or rounded."""
        self.shown[cell] = value
        self.puzzle.cell(cell, *limits(value, self.rounded_to, self.smallest))

    def told_down(self, cell: str, value: int, multiple: int) -> None:
        """A count that is shown rounded down."""
        self.shown[cell] = value
        self.puzzle.cell(cell, value, value + multiple - 1)

    def apart(self, cell: str, difference: int) -> None:
        """A count that is the difference of two that are shown."""
        if self.rounded_to < 2:
            self.told(cell, max(difference, 0))
        else:
            slack = self.rounded_to - 1
            self.puzzle.cell(cell, max(difference - slack, 0), max(difference + slack, 0))

    def is_shown(self, cell: str) -> bool:
        """Whether a count is told, as it is or rounded, and nothing that is told contradicts it."""
        return cell in self.shown and self.puzzle.lo[cell] <= self.puzzle.hi[cell]

    def is_large(self, cell: str, smallest: int) -> bool:
        """Whether rounded counts alone say that a count is none of few people."""
        value = self.value(cell) if self.rounded_to > 1 else None
        return value is not None and value - 2 * self.slack >= smallest

    @property
    def slack(self) -> int:
        """By how much a count may differ from what is shown of it."""
        return self.rounded_to // 2

    def people(self, cell: str, place: Place, *, of: int | None = None) -> None:
        """A count of people; `of`: of how many, so that the others are a count as well."""
        self.puzzle.cell(cell)
        self.where.setdefault(cell, place)
        if of is not None:
            self.whole[cell] = of
            self.puzzle.cell(cell, 0, of + self.slack)
            both = {cell: 1, f"{cell}|rest": 1}
            self.puzzle.between(both, of - self.slack, of + self.slack)
            others = replace(place, words=f"{place.words}, the others")
            self.where.setdefault(f"{cell}|rest", others)

    def value(self, cell: str) -> int | None:
        """A count that is told, or told by the others beside it; None of one that is hidden."""
        if self.is_shown(cell):
            return self.shown[cell]
        part = cell.removesuffix("|rest")
        if part == cell or part not in self.whole or not self.is_shown(part):
            return None
        return self.whole[part] - self.shown[part]

    def speaks(self, place: Place, variable: str, *words: str) -> None:
        """Note that a row tells of a variable, under its name or other words."""
        self.spoken_of.setdefault(variable, []).append(replace(place, variable=variable))
        for word in (variable, *words):
            self.named.setdefault(word.casefold(), variable)

    def few(self, place: Place) -> None:
        """Note a mean, SD or quantile of few people."""
        self.told_of_few.append(place)
