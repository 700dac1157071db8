"""Released counts to the nearest multiple of 5, and what follows from them.

Made of tables that withstand the attack already: whoever rounds them tells nothing more. They are
attacked once more, for what is known to be 0 may be 0 to 2 of rounded ones. What is a function of
counts (a share, its difference, a crude ratio) is that of the rounded ones; every other number has
three digits, and a mean no more than tell nothing of how many people it is of. Totals are rounded
by themselves: they need not be the sum of their parts.
"""

from ehrivig.release.rounded.tables import rounded
from ehrivig.release.rounded.words import of_words

__all__ = ["of_words", "rounded"]
