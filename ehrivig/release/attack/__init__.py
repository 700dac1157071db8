"""The attacker: every released number of a folder, held against every count that was hidden."""

from ehrivig.release.attack.attack import Cell, attack

__all__ = ["Cell", "attack"]
