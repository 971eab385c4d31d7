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

# Whole words or phrases; "s?" for plurals. Phrases that would fool a later rule stand first.
_RULES: Final[tuple[tuple[str, str], ...]] = (
    ("drums", r"bass drums?|bd|drum (?:rooms?|loops?|machines?|bus|mix)|snare strings?"),
    ("brass", r"bass (?:trombones?|tuba|sax(?:ophones?)?)|synth brass"),
    ("other", r"bass clarinets?|bass flutes?|english horns?|cor anglais|steel drums?"),
    ("synth", r"synth (?:voices?|vox|choirs?|drums?)|(?:voice|vox|choir|string|vocal) pads?"),
    ("strings", r"synth strings?|string (?:section|ensemble|quartet)"),
    ("guitar", r"(?:nylon|steel|12|twelve) strings?"),
    ("keys", r"(?:electric|grand|toy|upright|e) piano|e ?p"),
    (
        "backing_vocal",
        r"bvs?|bgvs?|bvox|bvocs?|backing|backings|bk?g?rn?d|background|backgrounds|bgs?|bkg|back(?:up)?"
        r" (?:vox|voc|vocals?|voices?)|harm|harms|harmony|harmonies|choirs?|chorale|oohs?|aahs?|ahhs?"
        r"|gang|(?:vocal|vox|voc|voice) (?:harm\w*|double|doubles|dbl|stack|stacks)|adlibs?|ad libs?",
    ),
    ("vocal", r"vocals?|vox|vocs?|voices?|singers?|singing|lv|ldvox|leadvox|lead ?voc|rap|raps|sop"),
    (
        "drums",
        r"drums?|drm|drms|kicks?|kik|kck|kd|snares?|snr|sn|sd|hi ?hats?|hats?|hh|toms?|rack ?tom"
        r"|floor ?tom|overheads?|ovhd|ovhds|ohs?|cymbals?|cym|crash|ride|drumkit|kit|rims?|rimshot"
        r"|beats?|breakbeat|trap kit|claps?",
    ),
    (
        "percussion",
        r"perc|percs|percussions?|shakers?|tamb|tambs|tambourines?|congas?|bongos?|cowbells?|djembe"
        r"|cajons?|triangles?|maracas|claves?|guiros?|cabasa|timpani|timbales?|tabla|glockenspiel|glock"
        r"|xylophones?|marimbas?|vibraphones?|vibes|celesta|chimes?|bells?|woodblocks?|snaps?"
        r"|taiko|agogo",
    ),
    ("strings", r"contrabass|double basses|pizz|pizzicato"),
    ("bass", r"bass|basses|bs|sub|subs|808s?|bassline|fretless"),
    (
        "guitar",
        r"guitars?|gtrs?|guits?|gits?|egtrs?|agtrs?|acgtr|elgtr|acoustic|acou|strat|tele|les paul"
        r"|banjos?|mandolins?|ukuleles?|uke|dobro|slide|lap steel|pedal steel|sitar|lute",
    ),
    (
        "strings",
        r"strings?|strs|violins?|vln|vlns|violas?|vla|vlas|cellos?|celli|vlc|vcl|fiddle|harp|orchestra",
    ),
    (
        "brass",
        r"brass|horns?|trumpets?|tpt|tpts|trombones?|tbn|tbns|trb|tubas?|sax|saxes|saxophones?|sx|hrn"
        r"|hrns|flugelhorn|cornet|euphonium",
    ),
    (
        "keys",
        r"keys?|keyboards?|kbd|kybd|pianos?|pno|pnos|rhodes|wurli|wurlitzer|organs?|org|hammond|b3"
        r"|clav|clavinet|harpsichord|mellotron|accordion|melodica|harmonium",
    ),
    (
        "synth",
        r"synths?|syn|syns|synthesi[sz]ers?|pads?|arps?|arpeggio|plucks?|leads?|ld|saw|moog|juno"
        r"|prophet|stabs?|poly ?synth|drone|sequence|seq",
    ),
    (
        "effects",
        r"fx|sfx|efx|effects?|risers?|impacts?|sweeps?|whoosh|noise|ambience|ambiences|atmos|foley"
        r"|downlifter|uplifter|reverse|transition|transitions|vinyl|crowd",
    ),
    ("other", r"other|misc|flutes?|clarinets?|oboes?|bassoons?|piccolo|recorder|woodwinds?|whistle"),
)
_PATTERNS: Final = tuple((role, re.compile(rf"\b(?:{words})\b")) for role, words in _RULES)

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
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
    for role, pattern in _PATTERNS:
        if any(pattern.search(reading) for reading in readings):
            return role
    return None
