"""The roles a stem can play in a song, and a guess of one from a file name.

The guess reads the words people write on their exports (`01_KickIn.wav`, `LdVox dbl.aif`,
`BGVs - L.flac`). Rules are tried in order and the first hit wins, so the order is the knowledge:
"bass drum" is a drum, "synth bass" a bass, "backing vocal" not a lead vocal. The sound-based guess
for names that say nothing lives in `mixing.networks.roles`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ROLES: Final = (
    "drums",
    "bass",
    "vocal",
    "backing_vocal",
    "guitar",
    "keys",
    "synth",
    "strings",
    "brass",
    "percussion",
    "effects",
    "other",
)

ROLE_LABELS: Final[dict[str, str]] = {
    "drums": "Drums",
    "bass": "Bass",
    "vocal": "Vocal",
    "backing_vocal": "Backing vocal",
    "guitar": "Guitar",
    "keys": "Keys",
    "synth": "Synth / pad",
    "strings": "Strings",
    "brass": "Brass",
    "percussion": "Percussion",
    "effects": "Effects",
    "other": "Other",
}

VOCAL_ROLES: Final = frozenset({"vocal", "backing_vocal"})

# Words and phrases between commas; each also matches with a plural "s". Phrases that would fool a
# later rule stand in an earlier one.
_RULES: Final[tuple[tuple[str, str], ...]] = (
    ("drums", "bass drum, bd, drum room, drum loop, drum machine, drum bus, drum mix"),
    ("brass", "bass trombone, bass tuba, bass sax, bass saxophone, synth brass"),
    ("other", "bass clarinet, bass flute, english horn, cor anglais, steel drum"),
    ("synth", "synth voice, synth vox, synth choir, synth drum, voice pad, vox pad, choir pad"),
    ("strings", "synth string, string section, string ensemble, string quartet, string pad"),
    ("guitar", "nylon string, steel string, 12 string, twelve string"),
    ("keys", "electric piano, grand piano, toy piano, upright piano, e piano, epiano, ep"),
    (
        "backing_vocal",
        "bv, bgv, bvox, bvoc, backing, background, bg, bkg, bkgd, bgnd, backup, back vox, back voc,"
        "back vocal, back voice, harm, harmony, harmonies, choir, chorale, ooh, aah, ahh, gang,"
        "adlib, ad lib, vocal double, vox double, vocal dbl, vox dbl, vocal stack, vox stack",
    ),
    ("vocal", "vocal, vox, voc, voice, singer, singing, lv, ldvox, leadvox, leadvoc, rap"),
    (
        "drums",
        "drum, drm, drumkit, kit, kick, kik, kck, kd, snare, snr, sn, sd, hat, hihat, hh, tom,"
        "racktom, floortom, overhead, ovhd, oh, cymbal, cym, crash, ride, rim, rimshot, beat,"
        "breakbeat, clap",
    ),
    (
        "percussion",
        "perc, percussion, shaker, tamb, tambourine, conga, bongo, cowbell, djembe, cajon,"
        "triangle, maraca, clave, guiro, cabasa, agogo, timpani, timbale, tabla, taiko,"
        "glockenspiel, glock, xylophone, marimba, vibraphone, vibe, celesta, chime, bell, "
        "woodblock, snap",
    ),
    ("strings", "contrabass, pizzicato, pizz"),
    ("bass", "bass, basse, ebass, bassgtr, sub, 808, bassline, fretless"),
    (
        "guitar",
        "guitar, gtr, guit, git, eguitar, egtr, agtr, acgtr, elgtr, acoustic, strat, tele,"
        "les paul, banjo, mandolin, ukulele, uke, dobro, slide, lap steel, pedal steel, sitar,"
        "lute",
    ),
    (
        "strings",
        "string, strs, violin, vln, viola, vla, cello, celli, vlc, vcl, fiddle, harp, orchestra",
    ),
    (
        "brass",
        "brass, horn, hrn, trumpet, tpt, trombone, tbn, trb, tuba, sax, saxe, saxophone,"
        "flugelhorn, cornet, euphonium",
    ),
    (
        "keys",
        "key, keyboard, kbd, kybd, piano, pno, rhodes, rhode, wurli, wurlitzer, organ, org,"
        "hammond, b3, clav, clavinet, harpsichord, mellotron, accordion, melodica, harmonium",
    ),
    (
        "synth",
        "synth, syn, synthesizer, synthesiser, pad, arp, arpeggio, pluck, lead, ld, saw, moog,"
        "juno, prophet, stab, polysynth, drone, sequence, seq",
    ),
    (
        "effects",
        "fx, sfx, efx, effect, riser, downlifter, uplifter, impact, sweep, whoosh, noise, ambience,"
        "atmo, foley, reverse, transition, vinyl, crowd",
    ),
    ("other", "other, misc, flute, clarinet, oboe, bassoon, piccolo, recorder, woodwind, whistle"),
)


def _any_of(words: str) -> re.Pattern[str]:
    choices = "|".join(re.escape(word.strip()) for word in words.split(","))
    return re.compile(rf"\b(?:{choices})s?\b")


_PATTERNS: Final = tuple((role, _any_of(words)) for role, words in _RULES)

_HUMP = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])"
)
# "pickbass", "altosax", "backingvocals": an instrument at the end of a longer word.
_GLUED = re.compile(
    r"(?<=[a-z]{2})(?=(?:bass|guitar|piano|sax|drum|organ|string|synth|vocal|brass|horn)s?\b)"
)
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def guess_role_from_name(name: str) -> str | None:
    """The role that the words of a file name suggest, or None when they say nothing.

    The last path component is asked first, then the folder it lies in (`Drums/03.wav`).
    """
    parts = [part for part in re.split(r"[/\\]", name[:1000]) if part]
    for part in parts[:-3:-1]:
        role = _role_of_words(_EXTENSION.sub("", part))
        if role is not None:
            return role
    return None


def _role_of_words(text: str) -> str | None:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    # Both spellings are asked: "BVs" is one word, "KickIn" is two.
    spellings = (plain, _HUMP.sub(" ", plain))
    readings = [_SEPARATORS.sub(" ", spelling).lower() for spelling in spellings]
    readings += [_GLUED.sub(" ", reading) for reading in readings]
    for role, pattern in _PATTERNS:
        if any(pattern.search(reading) for reading in readings):
            return role
    return None
