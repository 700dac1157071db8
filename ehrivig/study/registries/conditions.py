"""Conditions that usually arise in the stay, or lead to it: their code says little of before."""

from __future__ import annotations

ACUTE = frozenset(
    (
        *("acute_hepatic_injury", "acute_kidney_injury", "anaphylaxis", "ards"),
        *("aseptic_meningitis", "covid19", "dic", "myocardial_injury", "neonatal_sepsis"),
        *("pneumonia", "respiratory_failure", "secondary_infection", "sepsis", "septic_shock"),
        *("severe_sepsis", "shock", "thromboembolism"),
    )
)
"""Shipped conditions whose codes are of an acute event; stroke is left out, for its codes of what
remains of an earlier one (I69)."""
