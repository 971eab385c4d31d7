"""What is drawn by chance (ids, seeds, tokens) is the same in every run of a test.

A verdict that depends on the draw would come and go. MIXARENA_TEST_SEED draws anew, which is how to
look for tests that only pass by luck.
"""

import os
import random
from typing import Final

SEED: Final = os.environ.get("MIXARENA_TEST_SEED", "0")

_source = random.Random()


def begin(test: str) -> None:
    """From here on this process draws what belongs to the test of that name."""
    _source.seed(f"{SEED}:{test}")


def take_over() -> None:
    """Let `uuid4` (by `os.urandom`) and `secrets` (by `random`'s own name for it) draw from us.

    Other processes that a test starts are left alone, as is what was imported in C.
    """
    vars(os)["urandom"] = vars(random)["_urandom"] = _source.randbytes
