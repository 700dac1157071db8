"""Dumps as real warehouses write them: one change of a clean extract, and what is right for it.

A case is a hospital of a network of its own layout; all cases of a layout are one run up to the
matching. The ids (D1 ...) are those of the list of inputs that once failed.
"""
