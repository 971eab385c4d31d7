"""How many votes what takes. Few votes say little; many generations per vote breed noise."""

from typing import Final

FIRST_VOTES: Final = 4
"""Of a listener, before anything is bred for them."""
VOTES_PER_GENERATION: Final = 6
"""New ones; the end of a tournament needs one."""
MOST_CHALLENGERS: Final = 2
"""Of a listener, waiting for votes at a time."""
HOPELESS: Final = 0.3
"""A challenger that the taste by now expects to win so rarely makes room for another."""
