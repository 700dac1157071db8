"""Hospitals that cannot be read together, since they differ in how they are read."""

from __future__ import annotations

from collections.abc import Hashable, Mapping


class Unalike(Exception):
    """Some hospitals differ in a setting; `groups`: those that have it in common, in order."""

    def __init__(self, groups: list[tuple[str, ...]]) -> None:
        super().__init__(f"{len(groups)} groups of hospitals")
        self.groups = groups


def grouped(setting: Mapping[str, Hashable]) -> list[tuple[str, ...]]:
    """The hospitals of each value of a setting, in the order in which they come."""
    found: dict[Hashable, list[str]] = {}
    for hospital_id, value in setting.items():
        found.setdefault(value, []).append(hospital_id)
    return [tuple(names) for names in found.values()]
