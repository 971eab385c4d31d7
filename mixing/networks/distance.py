"""How far apart two consoles sound: differences counted in clearly audible steps.

One step is about what one decibel is to a fader: enough to hear when listened for. The training
weighs its errors with the same steps, and the evolution can measure distance and mutation size
with them.
"""

from collections.abc import Mapping, Sequence
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.parameters import GLOBALS, STRIP, Parameter, Settings

_STEPS_BY_NAME: Final[Mapping[str, float]] = {
    "highpass_hz": 1.4,
    "comp_threshold_db": 2.0,
    "comp_ratio": 1.25,
    "comp_attack_ms": 1.6,
    "comp_release_ms": 1.6,
    "comp_knee_db": 3.0,
    "pan": 0.1,
    "width": 0.15,
    "reverb_send_db": 3.0,
    "delay_send_db": 3.0,
    "return_db": 2.0,
    "predelay_ms": 10.0,
    "decay_s": 1.2,
    "time_ms": 1.1,
    "feedback": 0.1,
    "ping_pong": 0.25,
    "note_beats": 0.25,
    "comp_mix": 0.2,
    "comp_sidechain_hz": 1.4,
    "side_lowcut_hz": 1.4,
}
_STEPS_BY_UNIT: Final[Mapping[str, float]] = {
    "dB": 1.0, "dBTP": 1.0, ":1": 1.25, "LUFS": 1.0, "Hz": 1.26, "ms": 2.0, "": 1.4,
}  # fmt: skip
"""Linear parameters: units per step. Logarithmic ones: the factor of a step."""


def step_position(parameter: Parameter) -> float:
    """One audible step of this parameter as a distance between positions in 0..1."""
    step = _STEPS_BY_NAME.get(parameter.name, _STEPS_BY_UNIT.get(parameter.unit, 1.0))
    if parameter.curve == "log":
        return log(step) / log(parameter.maximum / parameter.minimum)
    return step / (parameter.maximum - parameter.minimum)


def step_positions(parameters: Sequence[Parameter]) -> NDArray[np.float32]:
    """``step_position`` of each parameter, (parameters,)."""
    return np.array([step_position(p) for p in parameters], np.float32)


_STRIP_STEPS: Final = step_positions(STRIP)
_GLOBAL_STEPS: Final = step_positions(GLOBALS)


def console_distance(first: Settings, second: Settings) -> float:
    """Root mean square difference in audible steps, strips and shared parameters weighing alike.

    Both settings must be for the same stems in the same order.
    """
    strips = [settings.normalised()[0] / _STRIP_STEPS for settings in (first, second)]
    shared = [settings.normalised()[1] / _GLOBAL_STEPS for settings in (first, second)]
    if strips[0].shape != strips[1].shape:
        raise ValueError("Consoles with different numbers of strips cannot be compared.")
    squares = np.square(strips[0] - strips[1]).mean(), np.square(shared[0] - shared[1]).mean()
    return float(np.sqrt(0.5 * (squares[0] + squares[1])))
