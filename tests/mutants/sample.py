"""A seeded sample of the mutations of the package.

What is drawn hangs on the seed and on the text of each line, not on how many there are: a change
of one module, or a test that was added, leaves the sample of all other lines as it was.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.mutants import python_source, sql_source
from tests.mutants.mutation import Mutation


def everything(root: Path, within: str = "") -> list[Mutation]:
    """Every mutation of the package and its SQL; `within`: only paths that begin so."""
    found: list[Mutation] = []
    for path in sorted([*root.glob("ehrivig/**/*.py"), *root.glob("sql/**/*.sql")]):
        name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        if name.startswith(within):
            kind = python_source if path.suffix == ".py" else sql_source
            found += kind.mutations(name, text)
    return found


def drawn(mutations: Iterable[Mutation], size: int, seed: int) -> list[Mutation]:
    """One mutation on each of `size` lines drawn at random, in the order of the files.

    Lines are drawn and not mutations, so that a table of numbers does not fill the sample.
    """
    lines: dict[tuple[str, int], list[Mutation]] = defaultdict(list)
    for mutation in sorted(mutations):
        lines[mutation.path, mutation.line].append(mutation)
    ranked: dict[str, list[Mutation]] = {}
    times: dict[tuple[str, ...], int] = defaultdict(int)
    for (path, _), found in lines.items():
        words = (path, *(f"{one.scope} {one.shown()}" for one in found))
        times[words] += 1  # the same line may stand in a file more than once
        ranked[_chance(seed, *words, str(times[words]))] = found
    chosen = [(rank, ranked[rank]) for rank in sorted(ranked)[:size]]
    return sorted(found[int(rank, 16) % len(found)] for rank, found in chosen)


def _chance(seed: int, *words: str) -> str:
    """A number drawn for these words, in 64 hexadecimal digits."""
    return hashlib.sha256("\n".join((str(seed), *words)).encode()).hexdigest()
