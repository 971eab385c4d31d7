"""The signal, pure: files, console parameters, processors, console, loudness, measurements.

Audio is float32 with shape (channels, samples) everywhere.
"""

from typing import Final

SAMPLE_RATE: Final = 44_100
"""Frames per second of all stored and rendered audio."""

RENDERER_VERSION: Final = 2
"""Changes whenever the console would render other samples: cached mixes carry it.

It stands here so that the web process can read it without loading the renderer.
"""
