"""Singers: a glottal source, a moving mouth, consonants, vibrato and breaths between phrases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from mixing.synthesis.score import Note, add_at
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal, frames
from mixing.synthesis.sound.envelopes import ramp_up, softened
from mixing.synthesis.sound.filters import bandpass, highpass, resonance
from mixing.synthesis.sound.oscillators import noise, tone
from mixing.synthesis.sound.space import panned
from mixing.synthesis.sound.vocal_tract import HOP, VOWELS, formants, resonate

Rng = np.random.Generator
Track = NDArray[np.float64]

FRAME_S: Final = HOP / SAMPLE_RATE
BREATH_GAP_S: Final = 0.3
"""A singer breathes where the line rests at least this long."""

# Hiss of a consonant: band in Hz, seconds, level.
NOISES: Final = {
    "s": (5_000, 10_500, 0.11, 0.30),
    "sh": (2_500, 7_000, 0.12, 0.30),
    "f": (3_000, 9_000, 0.09, 0.10),
    "t": (3_500, 9_000, 0.035, 0.32),
    "k": (1_500, 4_000, 0.04, 0.28),
    "d": (2_500, 6_000, 0.02, 0.18),
    "b": (400, 1_500, 0.02, 0.2),
    "h": (900, 5_000, 0.09, 0.08),
}
VOICED: Final = 0.25
"""Beside a vowel at this gain an "s" is some 14 dB and a breath some 27 dB quieter."""

STOPS: Final = frozenset({"t", "k", "d", "b"})
HUMS: Final = frozenset({"m", "n", "l", "w", "r"})


@dataclass(frozen=True, slots=True)
class Singer:
    """A throat: ``scale`` of the formants, vibrato, breathiness, how far notes are
    scooped from below, how much the pitch wanders, and the ring of the upper formants."""

    scale: float
    vibrato_hz: float
    vibrato_cents: float
    breathiness: float
    scoop_semitones: float
    wander_cents: float
    ring_db: float


def draw_singer(rng: Rng, mean_pitch: float) -> Singer:
    """Return a throat that suits a range: high lines get a shorter vocal tract."""
    high = float(np.clip((mean_pitch - 52) / 16, 0.0, 1.0))
    return Singer(
        scale=1.0 + 0.19 * high + rng.uniform(-0.03, 0.03),
        vibrato_hz=rng.uniform(4.9, 6.2),
        vibrato_cents=rng.uniform(20, 50),
        breathiness=rng.uniform(0.02, 0.09),
        scoop_semitones=rng.uniform(0.4, 1.5),
        wander_cents=rng.uniform(4, 10),
        ring_db=rng.uniform(0, 6),
    )


def split_syllable(text: str) -> tuple[str, str]:
    """Return consonant and vowel of a syllable such as "la" or "shi" (an unknown one is "a")."""
    for size in (2, 1, 0):
        consonant, vowel = text[:size], text[size:]
        if vowel in VOWELS and (not consonant or consonant in NOISES or consonant in HUMS):
            return consonant, vowel
    return "", "a"


def _smooth(track: Track, seconds: float) -> Track:
    smoothed: Track = gaussian_filter1d(track, seconds / FRAME_S, axis=0, mode="nearest")
    return smoothed


@dataclass(slots=True)
class _Score:
    """One monophonic line as tracks, one value per HOP samples."""

    pitch: Track
    loudness: Track
    mouth: Track
    vibrato: Track


def _tracks(notes: Sequence[Note], samples: int, singer: Singer) -> _Score:
    count = samples // HOP + 2
    score = _Score(
        np.full(count, notes[0].pitch),
        np.zeros(count),
        np.tile(formants(split_syllable(notes[0].text)[1], singer.scale), (count, 1)),
        np.zeros(count),
    )
    end_before = -1.0
    for note in notes:
        begin = max(0, round(note.start_s / FRAME_S))
        stop = min(count, round((note.start_s + note.duration_s) / FRAME_S))
        consonant, vowel = split_syllable(note.text)
        score.pitch[begin:] = note.pitch
        if note.start_s - end_before > 0.12:
            fall = np.exp(-np.arange(count - begin) * FRAME_S / 0.045)
            score.pitch[begin:] -= singer.scoop_semitones * fall
        score.loudness[begin:stop] = 0.35 + 0.65 * note.velocity
        score.mouth[begin:] = formants(vowel, singer.scale)
        onset = begin + round(0.06 / FRAME_S)
        if consonant in HUMS:
            score.mouth[begin:onset] = formants("m" if consonant in "mn" else "u", singer.scale)
            score.loudness[begin:onset] *= 0.45
        elif consonant in STOPS:
            score.loudness[max(0, begin - round(0.04 / FRAME_S)) : begin + 6] = 0.0
        elif consonant in NOISES:
            score.loudness[begin : begin + round(0.03 / FRAME_S)] *= 0.1
        time = np.arange(max(0, stop - begin)) * FRAME_S
        score.vibrato[begin:stop] = np.clip((time - 0.22) / 0.35, 0, 1)
        end_before = note.start_s + note.duration_s
    return score


def _consonants(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    canvas = np.zeros(samples, dtype=np.float32)
    for note in notes:
        consonant, _ = split_syllable(note.text)
        if consonant not in NOISES:
            continue
        low, high, seconds, level = NOISES[consonant]
        seconds *= rng.uniform(0.8, 1.2)
        hiss = bandpass(noise(rng, frames(seconds)), low, high)
        softened(
            hiss, attack_s=0.003 if consonant in STOPS else seconds * 0.4, release_s=seconds * 0.4
        )
        lead = 0.01 if consonant in STOPS else seconds * 0.7
        add_at(canvas, note.start_s - lead, hiss, level * (0.4 + 0.6 * note.velocity))
    return canvas


def _breaths(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    canvas = np.zeros(samples, dtype=np.float32)
    end_before = -1.0
    for note in notes:
        gap = note.start_s - end_before
        if gap > BREATH_GAP_S and note.start_s > BREATH_GAP_S:
            seconds = min(0.45, gap * 0.8)
            air = bandpass(noise(rng, frames(seconds)), 700, 5_500)
            air[: len(ramp_up(seconds * 0.7))] *= ramp_up(seconds * 0.7)[: len(air)]
            softened(air, release_s=0.05)
            add_at(canvas, note.start_s - seconds - 0.04, air, 0.05 * rng.uniform(0.5, 1.5))
        end_before = note.start_s + note.duration_s
    return canvas


def sing(notes: Sequence[Note], samples: int, rng: Rng, singer: Singer) -> Signal:
    """Return ``(samples,)`` of one singer on one line of notes that do not overlap."""
    score = _tracks(notes, samples, singer)
    count, time = len(score.pitch), np.arange(len(score.pitch)) * FRAME_S
    wander = _smooth(rng.standard_normal(count), 0.08) * np.sqrt(0.08 / FRAME_S) * 1.9
    turning = 2 * np.pi * (singer.vibrato_hz * time + 0.1 * np.sin(2 * np.pi * 0.7 * time))
    cents = singer.wander_cents * wander + singer.vibrato_cents * score.vibrato * np.sin(turning)
    pitch = _smooth(score.pitch, 0.022) + cents / 100
    frequency = 440.0 * np.exp2((pitch - 69) / 12)
    mouth = _smooth(score.mouth, 0.022)
    # Sopranos open the mouth so that the first formant never falls below the note.
    mouth[:, 0] = np.maximum(mouth[:, 0], frequency * 1.02)
    loudness = _smooth(score.loudness, 0.014)
    loudness *= 1 + 0.06 * score.vibrato * np.sin(turning + 0.8) + 0.03 * wander

    moments, at = np.arange(samples), np.arange(count) * HOP
    level = np.interp(moments, at, loudness).astype(np.float32)
    source = tone("glottal", np.interp(moments, at, frequency), samples)
    air = noise(rng, samples)
    voiced = np.float32(VOICED) * resonate((source + singer.breathiness * air) * level, mouth)
    # The cluster of the upper formants that lets a singer be heard over a band (Sundberg, "The
    # Science of the Singing Voice", 1987).
    sound = resonance(voiced, 2_900 * singer.scale, 1.5, singer.ring_db)
    sound += _consonants(notes, samples, rng) + _breaths(notes, samples, rng)
    return highpass(sound, 70)


def _lines(notes: Sequence[Note]) -> list[list[Note]]:
    """Split chords into lines that never overlap: the lowest free singer takes the lowest note."""
    lines: list[list[Note]] = []
    for note in sorted(notes, key=lambda note: (note.start_s, note.pitch)):
        for line in lines:
            if line[-1].start_s + line[-1].duration_s <= note.start_s + 0.02:
                line.append(note)
                break
        else:
            lines.append([note])
    return lines


def lead_vocal(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Sing a melody close to the microphone: ``(1, samples)``."""
    singer = draw_singer(rng, float(np.mean([note.pitch for note in notes])))
    line = max(_lines(notes), key=len)
    return sing(line, samples, rng, singer)[np.newaxis]


def backing_vocals(notes: Sequence[Note], samples: int, rng: Rng) -> Signal:
    """Sing every line of a harmony twice, the takes panned apart: ``(2, samples)``."""
    canvas = np.zeros((2, samples), dtype=np.float32)
    for line in _lines(notes):
        width = rng.uniform(0.35, 0.9)
        for side in (-width, width):
            singer = draw_singer(rng, float(np.mean([note.pitch for note in line])))
            late = abs(rng.normal(0, 0.012))
            moved = [
                Note(
                    n.start_s + late,
                    n.duration_s,
                    n.pitch + rng.normal(0, 0.04),
                    n.velocity,
                    n.text,
                )
                for n in line
            ]
            canvas += panned(sing(moved, samples, rng, singer), side)
    return canvas
