"""The standing suite of mutations: a clean extract, changed in one thing, as warehouses differ.

The law: what comes out is equal to what the clean extract gives, or a sentence says what is wrong,
with an exit code that a scheduler sees. There is no third outcome. `make mutations` prints the
table.
"""
