"""Mutated extracts and study files: `python -m tests.fuzz` (make fuzz)."""
