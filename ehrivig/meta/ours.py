"""An estimate of a run, and how it stands against the pool of published trials."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class OurEffect:
    """One estimate of a run (a row of effects.csv), its limits on the measure's own scale."""

    analysis: str
    contrast: str
    outcome: str
    event_label: str
    model: str
    measure: str
    estimate: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Comparison:
    """One of our estimates against the pool of published trials.

    `difference` is ours against theirs: a ratio of ratios, or a difference of differences, with a
    normal interval that takes both as independent. `inside` says whether ours lies in the
    prediction interval of the trials; None without one.
    """

    ours: OurEffect
    difference: float
    lo: float
    hi: float
    p: float
    inside: bool | None


@dataclass(frozen=True)
class CompareSummary:
    """What `compare` wrote: our rows against the published pool, findings, and files in `out`."""

    out: str
    measure: str
    published: tuple[float, float, float]
    compared: tuple[dict[str, object], ...]
    lints: int
    files: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The summary as plain values for JSON."""
        return asdict(self)
