"""One decorator for the inner loops that numpy cannot express."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return ``function`` compiled to machine code, cached on disk between processes.

    ``fastmath`` is on: sums may be reordered by the compiler, but the same build on the same
    machine always orders them the same way, so equal seeds still give equal bits.
    """
    return cast(Function, numba.njit(cache=True, fastmath=True)(function))
