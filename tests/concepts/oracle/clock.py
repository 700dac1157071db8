"""The moments of a random stay: ties and edges are the rule."""

from __future__ import annotations

import random

from oracle.stay import DAY, HOUR

STEPS = (0, HOUR, 4 * HOUR, 6 * HOUR, 9 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY)


class Clock:
    """The moments of one stay: drawn from what has happened already, or anywhere in it."""

    def __init__(self, rng: random.Random, begin: int, end: int) -> None:
        self._rng = rng
        self._begin, self._end = begin, end
        edges = range(begin, min(end, begin + 6 * DAY) + 1, DAY)
        midnights = range(-(-begin // DAY) * DAY, min(end, begin + 6 * DAY) + 1, DAY)
        self._known = [begin, end, *edges, *midnights]

    def moment(self) -> int:
        rng = self._rng
        kind = rng.random()
        if kind < 0.45:
            return self._keep(60 * rng.randint(self._begin // 60, self._end // 60))
        at = rng.choice(self._known)
        if kind < 0.75:
            return at
        return self._keep(at + rng.choice((-1, 1)) * rng.choice(STEPS) + rng.choice((-1, 0, 0, 1)))

    def interval(self) -> tuple[int, int | None]:
        """[start, stop): often of no length, an hour, or as long as to another moment; or open."""
        rng = self._rng
        start = self.moment()
        kind = rng.random()
        if kind < 0.12:
            return start, start
        if kind < 0.22:
            return start, None
        if kind < 0.5:
            minutes = rng.choice((10, 30, 40, 59, 60, 61, 90, 240))
            return start, self._keep(start + 60 * minutes)
        first, last = sorted((start, self.moment()))
        return first, last

    def _keep(self, at: int) -> int:
        self._known.append(at)
        return at
