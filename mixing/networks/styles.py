"""The five house styles: what each of them wants of a mix, in console units.

All share the role tables below and differ by a few strong opinions, so that merging two mixers
lands between two tastes. ``targets`` turns a style and a song into console settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Bands = tuple[float, float, float, float, float]
"""dB at the five bands of the equaliser, low shelf to high shelf."""

FLAT: Final[Bands] = (0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class RoleTarget:
    """What every style starts from for one role. Levels are LU re the lead vocal."""

    level_db: float
    highpass_hz: float
    ratio: float
    attack_ms: float
    release_ms: float
    spread: float
    width: float
    reverb_db: float
    delay_db: float
    eq_db: Bands = FLAT


ROLE_TARGETS: Final[Mapping[str, RoleTarget]] = {
    # role            level  hp     ratio att   rel    spread width reverb delay  eq
    "drums": RoleTarget(-2.0, 200.0, 2.5, 20.0, 120.0, 0.00, 1.00, -22.0, -46.0, (1, -1, 0, 0, 1)),
    "bass": RoleTarget(-3.0, 35.0, 4.0, 15.0, 160.0, 0.00, 0.60, -46.0, -46.0, (1, 0, 0, 0, -1)),
    "vocal": RoleTarget(0.0, 110.0, 3.0, 8.0, 120.0, 0.00, 1.00, -16.0, -20.0, (0, -1, 0, 1, 1)),
    "backing_vocal": RoleTarget(
        -7.0, 150.0, 3.0, 8.0, 140.0, 0.60, 1.20, -13.0, -22.0, (-1, -1, 0, 0, 1)
    ),
    "guitar": RoleTarget(
        -6.5, 100.0, 1.9, 20.0, 150.0, 0.75, 1.05, -19.0, -26.0, (-1, -1, 0, 1, 0)
    ),
    "keys": RoleTarget(-7.0, 70.0, 1.9, 20.0, 180.0, 0.50, 1.10, -18.0, -30.0, (-1, -1, 0, 0, 1)),
    "synth": RoleTarget(-7.0, 70.0, 1.5, 15.0, 160.0, 0.45, 1.20, -17.0, -24.0, (-1, 0, 0, 0, 1)),
    "strings": RoleTarget(-8.5, 80.0, 1.4, 25.0, 250.0, 0.60, 1.15, -13.0, -40.0, (0, -1, 0, 0, 1)),
    "brass": RoleTarget(-7.0, 100.0, 2.0, 15.0, 150.0, 0.55, 1.05, -16.0, -36.0, (0, 0, -1, 0, 0)),
    "percussion": RoleTarget(
        -10.0, 180.0, 1.7, 15.0, 100.0, 0.65, 1.00, -17.0, -36.0, (-1, -1, 0, 1, 1)
    ),
    "effects": RoleTarget(-14.0, 60.0, 1.1, 25.0, 250.0, 0.40, 1.30, -13.0, -24.0),
    "other": RoleTarget(-8.5, 60.0, 1.5, 20.0, 180.0, 0.40, 1.00, -19.0, -38.0),
}

RHYTHM: Final = frozenset({"drums", "percussion"})
LOW: Final = frozenset({"bass"})
LEAD: Final = frozenset({"vocal"})


@dataclass(frozen=True)
class HouseStyle:
    """One taste. Offsets are added to the role tables, scales multiply them."""

    slug: str
    label: str
    description: str
    seed: int
    role_level_db: Mapping[str, float] = field(default_factory=dict)
    eq_db: Bands = FLAT
    rhythm_eq_db: Bands = FLAT
    low_eq_db: Bands = FLAT
    lead_eq_db: Bands = FLAT
    pocket_db: float = 1.5
    highpass_scale: float = 1.0
    compression: float = 1.0
    threshold_db: float = 0.0
    attack_scale: float = 1.0
    release_scale: float = 1.0
    spread: float = 1.0
    width: float = 1.0
    reverb_db: float = 0.0
    delay_db: float = 0.0
    decay_s: float = 1.6
    reverb_return_db: float = 0.0
    delay_return_db: float = 0.0
    master_eq_db: Bands = FLAT
    bus_threshold_db: float = 0.0
    bus_ratio: float = 1.6
    bus_attack_ms: float = 30.0
    bus_release_ms: float = 200.0
    bus_makeup_db: float = 0.5
    master_width: float = 1.0


BALANCED: Final = HouseStyle(
    slug="balanced",
    label="Balanced",
    description="Every part in its place: clear vocals, even tone, a natural room.",
    seed=11,
)
WARM: Final = HouseStyle(
    slug="warm",
    label="Warm",
    description="Full lows, soft highs, smooth compression: close and rounded.",
    seed=12,
    role_level_db={"bass": 1.5, "keys": 1.5, "strings": 1.0, "drums": -1.5, "percussion": -2.0},
    eq_db=(1.5, 2.0, 0.0, -1.5, -3.0),
    low_eq_db=(2.0, 1.5, 0.0, -1.0, -2.0),
    lead_eq_db=(0.5, 1.5, 0.0, -1.0, -1.5),
    rhythm_eq_db=(1.5, 1.5, -0.5, -2.0, -3.5),
    pocket_db=1.0,
    highpass_scale=0.7,
    compression=1.1,
    attack_scale=1.3,
    release_scale=1.6,
    spread=0.8,
    width=0.9,
    reverb_db=1.0,
    decay_s=1.3,
    master_eq_db=(1.0, 0.8, 0.0, -0.8, -1.5),
    bus_ratio=2.0,
    bus_release_ms=320.0,
    bus_makeup_db=1.0,
    master_width=0.95,
)
BRIGHT: Final = HouseStyle(
    slug="bright",
    label="Bright",
    description="Airy highs, lean lows, a vocal up front: open and detailed.",
    seed=13,
    role_level_db={
        "vocal": 1.5, "backing_vocal": 1.0, "bass": -1.5, "percussion": 1.5, "guitar": 0.5,
    },
    eq_db=(-1.5, -2.0, 0.0, 1.5, 3.0),
    rhythm_eq_db=(-0.5, -2.0, 0.0, 1.5, 3.0),
    lead_eq_db=(-1.0, -1.5, 0.5, 2.0, 3.0),
    low_eq_db=(-1.0, -1.0, 1.0, 1.5, 1.0),
    pocket_db=2.0,
    highpass_scale=1.4,
    compression=0.9,
    attack_scale=0.8,
    spread=1.1,
    width=1.05,
    reverb_db=0.5,
    decay_s=1.4,
    delay_db=1.0,
    master_eq_db=(-0.5, -0.8, 0.0, 0.8, 1.8),
    bus_ratio=1.5,
    bus_attack_ms=20.0,
    master_width=1.05,
)  # fmt: skip
PUNCHY: Final = HouseStyle(
    slug="punchy",
    label="Punchy",
    description="Drums and bass lead, tight compression, dry and direct.",
    seed=14,
    role_level_db={
        "drums": 3.0, "bass": 2.0, "percussion": 1.5, "strings": -1.5, "synth": -1.0, "keys": -1.0,
    },
    eq_db=(-1.0, -1.0, 0.5, 1.0, 0.0),
    rhythm_eq_db=(2.5, -2.0, -1.0, 2.0, 1.5),
    low_eq_db=(2.0, -1.0, 1.5, 0.5, 0.0),
    pocket_db=1.5,
    compression=1.5,
    threshold_db=-2.0,
    attack_scale=1.8,
    release_scale=0.6,
    spread=0.9,
    width=0.95,
    reverb_db=-8.0,
    delay_db=-6.0,
    decay_s=0.8,
    reverb_return_db=-2.0,
    master_eq_db=(1.2, -0.5, 0.0, 0.5, 0.5),
    bus_threshold_db=-3.0,
    bus_ratio=2.6,
    bus_attack_ms=45.0,
    bus_release_ms=110.0,
    bus_makeup_db=2.0,
)  # fmt: skip
SPACIOUS: Final = HouseStyle(
    slug="spacious",
    label="Spacious",
    description="Wide panning, long reverb, gentle dynamics: a large stage.",
    seed=15,
    role_level_db={
        "strings": 1.5, "synth": 1.0, "backing_vocal": 1.5, "drums": -1.0, "vocal": -0.5,
    },
    eq_db=(-0.5, -0.5, 0.0, 0.0, 1.0),
    pocket_db=2.0,
    compression=0.6,
    threshold_db=2.0,
    release_scale=1.3,
    spread=1.35,
    width=1.3,
    reverb_db=6.0,
    delay_db=6.0,
    decay_s=3.0,
    reverb_return_db=1.0,
    delay_return_db=1.0,
    master_eq_db=(0.0, -0.5, 0.0, 0.0, 0.8),
    bus_ratio=1.3,
    bus_attack_ms=40.0,
    bus_release_ms=300.0,
    bus_makeup_db=0.0,
    master_width=1.2,
)  # fmt: skip

STYLES: Final = (BALANCED, WARM, BRIGHT, PUNCHY, SPACIOUS)
