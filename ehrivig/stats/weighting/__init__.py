"""Weights that make the arms comparable."""
