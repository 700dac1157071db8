"""The hospital that every test of a query draws into."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from drawn import Hospital


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    yield drawn
    drawn.db.close()
