"""A seeded sample of the mutations of the package."""

from __future__ import annotations

import random
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
    for mutation in mutations:
        lines[mutation.path, mutation.line].append(mutation)
    rng = random.Random(seed)
    chosen = rng.sample(sorted(lines), min(size, len(lines)))
    return sorted(rng.choice(sorted(lines[line])) for line in chosen)
