"""What the console makes of a song, as far as simulated listeners care; in torch, with gradients.

Deliberately another road than the learner's descriptors: whole spectra of every stem behind its
equaliser and high-pass, compression worked out on the levels over time, saturating reverb, masking
of the voice band by band. The gradients serve only to find what is possible (``ceilings``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evolution.simulation.songs import SimulatedSong
from mixing.audio.parameters import Parameter
from mixing.audio.spectrogram import band_centres_hz
from mixing.networks.equaliser import GAINS, eq_curve_db, loudness_db
from mixing.networks.shapes import GLOBAL_NAMES, GLOBAL_PARAMETERS, STRIP_PARAMETERS

BANDS: Final = 32
_JOINED: Final = 4
_PROBE_DB: Final = 6.0
_SILENCE_DB: Final = -120.0
_NEPERS: Final = float(np.log(10.0) / 10.0)

PARTS: Final = ("voice", "rhythm", "bass", "harmony")
"""Groups of roles that a listener may like louder or softer."""

_PART_OF_ROLE: Final = {"vocal": 0, "backing_vocal": 0, "drums": 1, "percussion": 1, "bass": 2}
_HARMONY: Final = PARTS.index("harmony")


@dataclass(frozen=True)
class Stage:
    """Several songs as one batch, padded to the largest number of stems.

    embeddings: (songs, stems, 36); energy: (songs, stems, 32) dB; frame_levels (songs, stems, 20)
    dB; present, width: (songs, stems); part: (songs, stems) index into PARTS.
    """

    embeddings: Tensor
    energy: Tensor
    frame_levels: Tensor
    present: Tensor
    width: Tensor
    part: Tensor

    @classmethod
    def of(cls, songs: Sequence[SimulatedSong]) -> "Stage":
        most = max(len(song.roles) for song in songs)
        return cls(
            _padded([song.sound.embeddings for song in songs], most),
            _padded([_thirds(song.energy) for song in songs], most, _SILENCE_DB),
            _padded([song.frame_levels for song in songs], most),
            _padded([np.ones(len(song.roles), np.float32) for song in songs], most),
            _padded([song.sound.widths for song in songs], most),
            _padded([_parts(song.roles) for song in songs], most, _HARMONY).long(),
        )

    def __len__(self) -> int:
        return len(self.embeddings)

    def only(self, song: int) -> "Stage":
        """One song as a stage of its own."""
        return Stage(*(getattr(self, name)[song : song + 1] for name in self.__annotations__))


@dataclass(frozen=True)
class Sound:
    """A mix (or many: leading axes) of every song of a stage.

    stems: (..., songs, stems, 32) dry band levels, dB, padding far below silence.
    level: (..., songs, stems) loudness re the whole, LU. tone: (..., songs, 32) band levels re the
    whole, dB. wet, echo: (..., songs, stems) 0..1, saturating. squashed: (..., songs, stems) dB of
    mean gain reduction; glue: (..., songs) the same on the bus; punch: (..., songs, stems) dB of
    spread of the level over time; wide: (..., songs) 0..; decay: (..., songs) octaves re 1.6 s;
    masked: (..., songs) how much of the voice others cover, 0..1.
    """

    stems: Tensor
    level: Tensor
    tone: Tensor
    wet: Tensor
    echo: Tensor
    squashed: Tensor
    glue: Tensor
    punch: Tensor
    wide: Tensor
    decay: Tensor
    masked: Tensor


def listen(strips: Tensor, shared: Tensor, stage: Stage) -> Sound:
    """The sound of learned positions (..., songs, stems, 16) and (..., songs, 14)."""
    knobs = dict(zip([p.name for p in STRIP_PARAMETERS], strips.unbind(-1), strict=True))
    strip = {p.name: _value(knobs[p.name], p) for p in STRIP_PARAMETERS}
    names = zip(GLOBAL_NAMES, GLOBAL_PARAMETERS, shared.unbind(-1), strict=True)
    whole = {name: _value(position, parameter) for name, parameter, position in names}
    coloured = stage.energy + _equaliser(strip) + _highpass(strip["highpass_hz"])
    squashed, punch = _compressed(strip, coloured, stage)
    gain = strip["fader_db"] + strip["comp_makeup_db"] - squashed
    sounding = coloured + gain[..., None] + (stage.present[..., None] - 1.0) * 200.0
    loudness = sum_db(sounding + _constants().k_weighting)
    total = sum_db(loudness)
    mix = sum_db(sounding.transpose(-1, -2)) + _master_equaliser(whole)
    wet = strip["reverb_send_db"] + whole["reverb.return_db"][..., None]
    echo = strip["delay_send_db"] + whole["delay.return_db"][..., None]
    decay = torch.log2(whole["reverb.decay_s"] / 1.6)
    return Sound(
        stems=sounding,
        level=loudness - total[..., None],
        tone=mix - sum_db(mix)[..., None],
        wet=torch.sigmoid((wet + 4.0 * decay[..., None] + 20.0) / 6.0),
        echo=torch.sigmoid((echo + 26.0) / 6.0),
        squashed=squashed,
        glue=_glue(whole, total),
        punch=punch,
        wide=_width(strip, whole, loudness - total[..., None], stage),
        decay=decay,
        masked=_masking(sounding, stage),
    )


def band_centres() -> Tensor:
    """(32,) Hz."""
    return _constants().centres


def octave_shares() -> Tensor:
    """(32,) which share of the audible octaves each band covers; they add up to 1."""
    octaves = torch.log2(_constants().centres)
    widths: Tensor = torch.gradient(octaves)[0]
    return widths / widths.sum()


def _compressed(strip: dict[str, Tensor], coloured: Tensor, stage: Stage) -> tuple[Tensor, Tensor]:
    """Mean gain reduction and the spread of what is left, both dB, from the levels over time."""
    moments = sum_db(coloured)[..., None] + stage.frame_levels
    over = 2.0 * torch.nn.functional.softplus(
        (moments + 3.0 - strip["comp_threshold_db"][..., None]) / 2.0
    )
    reduction = (1.0 - 1.0 / strip["comp_ratio"])[..., None] * over
    # A slow attack lets hits through: their level is held back less than the mean.
    through = torch.log2(strip["comp_attack_ms"] / 10.0)[..., None] * 0.1 + 0.9
    left = stage.frame_levels - reduction * through.clamp(0.3, 1.2)
    return reduction.mean(-1), left.std(-1)


def _glue(whole: dict[str, Tensor], total: Tensor) -> Tensor:
    over = 2.0 * torch.nn.functional.softplus((total + 4.0 - whole["master.comp_threshold_db"]) / 2)
    return (1.0 - 1.0 / whole["master.comp_ratio"]) * over


def _width(
    strip: dict[str, Tensor], whole: dict[str, Tensor], level: Tensor, stage: Stage
) -> Tensor:
    apart = torch.sqrt(torch.square(strip["pan"]) + 0.01) + stage.width * strip["width"]
    share = torch.exp(level * _NEPERS * 0.5) * stage.present
    mean = (apart * share).sum(-1) / share.sum(-1).clamp(min=1e-6)
    return mean * whole["master.width"]


def _masking(sounding: Tensor, stage: Stage) -> Tensor:
    """Share of the voice's bands (300 Hz to 5 kHz) that lie under the rest; 0 without a voice."""
    voice = (stage.part == 0) & (stage.present > 0)
    hidden = torch.where(voice[..., None], sounding, torch.full_like(sounding, -200.0))
    others = torch.where(voice[..., None], torch.full_like(sounding, -200.0), sounding)
    deficit = sum_db(others.transpose(-1, -2)) - sum_db(hidden.transpose(-1, -2))
    under = torch.sigmoid(deficit / 3.0) * _constants().voice_bands
    share = under.sum(-1) / _constants().voice_bands.sum()
    return share * voice.any(-1).float()


def _value(position: Tensor, parameter: Parameter) -> Tensor:
    if parameter.curve == "log":
        return parameter.minimum * (parameter.maximum / parameter.minimum) ** position
    return parameter.minimum + (parameter.maximum - parameter.minimum) * position


def _equaliser(strip: dict[str, Tensor]) -> Tensor:
    return torch.stack([strip[name] for name in GAINS], -1) @ _constants().eq_shapes


def _master_equaliser(whole: dict[str, Tensor]) -> Tensor:
    return torch.stack([whole[f"master.{name}"] for name in GAINS], -1) @ _constants().eq_shapes


def _highpass(cutoff_hz: Tensor) -> Tensor:
    """A Butterworth of second order: -10 lg(1 + (fc / f)^4) dB."""
    return -10.0 * torch.log10(1.0 + (cutoff_hz[..., None] / _constants().centres) ** 4)


def sum_db(levels: Tensor) -> Tensor:
    return torch.logsumexp(levels * _NEPERS, -1) / _NEPERS


@dataclass(frozen=True)
class _Constants:
    """Per band (32,): K-weighting dB, centres Hz, 1 where voices speak; eq_shapes (5, 32) dB per
    dB of gain."""

    k_weighting: Tensor
    centres: Tensor
    voice_bands: Tensor
    eq_shapes: Tensor


@cache
def _constants() -> _Constants:
    single = np.where(np.eye(128, dtype=bool), np.float32(0.0), np.float32(-300.0))
    weighting = loudness_db(single.astype(np.float32)).reshape(-1, _JOINED).mean(-1)
    centres = np.exp(np.log(band_centres_hz()).reshape(-1, _JOINED).mean(-1))
    probes = _PROBE_DB * np.eye(len(GAINS), dtype=np.float32)
    shapes = eq_curve_db(probes).reshape(len(GAINS), -1, _JOINED).mean(-1) / _PROBE_DB
    voice = ((centres > 300.0) & (centres < 5000.0)).astype(np.float32)
    arrays = (weighting, centres, voice, shapes)
    return _Constants(*(torch.from_numpy(np.asarray(a, np.float32)) for a in arrays))


def _thirds(energy: NDArray[np.float32]) -> NDArray[np.float32]:
    """(stems, 128) dB to the power sums of every four bands, (stems, 32) dB."""
    power = np.power(10.0, energy / 10.0).reshape(len(energy), -1, _JOINED).sum(-1)
    return np.asarray(10.0 * np.log10(power + 1e-12), np.float32)


def _parts(roles: Sequence[str]) -> NDArray[np.float32]:
    return np.array([_PART_OF_ROLE.get(role, _HARMONY) for role in roles], np.float32)


def _padded(rows: Sequence[NDArray[np.float32]], most: int, fill: float = 0.0) -> Tensor:
    full = np.full((len(rows), most, *rows[0].shape[1:]), fill, np.float32)
    for place, row in zip(full, rows, strict=True):
        place[: len(row)] = row
    return torch.from_numpy(full)
