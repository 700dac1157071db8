"""The hospital that every test of a query draws into."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from drawn import Hospital


@pytest.fixture(scope="session")
def empty() -> Iterator[Hospital]:
    """A hospital of which nothing is drawn: its tables are made once."""
    drawn = Hospital()
    yield drawn
    drawn.close()


@pytest.fixture
def hospital(empty: Hospital) -> Iterator[Hospital]:
    """The hospital, and whatever a test makes in its database until it is undone."""
    with empty.undone():
        yield empty
