"""Compile the inner loops to machine code, and keep them so that a fresh worker need not.

Numba decides by a source file's time whether its cached machine code is still good, and does not
look at the kernels a kernel calls in other files. The cache folder therefore carries a digest of
this package's kernels: a new version compiles anew, an unchanged one loads.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numba

config: Any = numba.config
"""Numba's own settings, whose attributes come from its environment variables."""

FAST: Final = frozenset({"contract", "nsz", "arcp"})
"""Relaxed arithmetic that keeps the order of additions, infinities and NaN meaningful."""

_FOUNDATIONS: Final = {"compiled.py", "lanes.py", "vectors.py"}
"""Files of this package without kernels of their own whose contents every kernel depends on."""


def _digest() -> str:
    """Of this file, what kernels are built of, and all that hold some: all that import it."""
    sources = {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.py")}
    kernels = {name for name, source in sources.items() if b"mixing.audio.compiled" in source}
    parts = [sources[name] for name in sorted(kernels | _FOUNDATIONS)]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def _cache_folder() -> Path | None:
    """The first place that can be written: NUMBA_CACHE_DIR, the user's cache, a temporary one."""
    user = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    temporary = Path(tempfile.gettempdir(), f"mixarena-{os.geteuid()}")
    places = [Path(user, "mixarena", "numba"), temporary / "numba"]
    if configured := os.environ.get("NUMBA_CACHE_DIR"):
        places.insert(0, Path(configured))
    for place in places:
        folder = place / _digest()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if folder.stat().st_uid != os.geteuid():  # somebody else's code is not loaded
                continue
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


_FOLDER: Final = _cache_folder()


def compiled(function: Callable[..., Any]) -> Any:
    """Decorator: a kernel without Python objects or lock, division and indices unchecked."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(_FOLDER or "")
    try:
        return numba.njit(
            nogil=True,
            cache=_FOLDER is not None,
            fastmath=set(FAST),
            error_model="numpy",
            boundscheck=False,
        )(function)
    finally:
        config.CACHE_DIR = before
