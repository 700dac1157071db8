"""A second implementation of severity and scores, in plain Python, from the published definitions.

It shares nothing with the package: an admission is a dict of lists (`world.py` draws it), times are
whole seconds, values are exact fractions, and each score is one short module that says what its
paper says. What the papers leave open is decided as the package documents it, and said here.
"""
