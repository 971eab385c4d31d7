"""A synthesiser of multitrack songs: training data and demo songs, nothing downloaded."""

from typing import Final

SYNTHESISER_VERSION: Final = 1
"""Changes whenever the same seed would give other samples: caches of songs carry it."""
