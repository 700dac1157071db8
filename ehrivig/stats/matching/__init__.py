"""Matching on a distance: pairs of row numbers in, nothing else touched."""
