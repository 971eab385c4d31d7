"""The words that published collections use for what plays, as the twelve roles of a stem.

One table for all of them. A word that is not in it is read like a file name
(``guess_role_from_name``: "clean electric guitar", "drum set", "01_KickIn.wav"); what that cannot
read either is "other".
"""

from collections.abc import Mapping
from typing import Final

from mixing.audio.roles import guess_role_from_name

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "drums": ("drum set", "full acoustic drumkit", "cymbals", "toms", "beatboxing"),
    "bass": ("bass", "double bass", "contrabass/double bass (bass of instrings)", "tuba (bass of"
             " brass)", "bassoon (bass of woodwind)", "electric bass", "upright bass"),
    "vocal": (
        "vocals", "male singer", "female singer", "lead male singer", "lead female singer",
        "male rapper", "female rapper", "male speaker", "female speaker", "male screamer",
        "female screamer", "other (vocoder, beatboxing etc)", "crooning",
    ),
    "backing_vocal": ("vocalists", "choir", "human choir", "background vocals"),
    "guitar": (
        "other plucked", "banjo, mandolin, ukulele, harp etc", "lap steel guitar or slide guitar",
        "oud", "zhongruan", "liuqin", "yueqin", "guzheng", "koto", "pipa", "bouzouki",
    ),
    "keys": (
        "piano", "tack piano", "other keys", "organ, electric organ", "concertina", "bandoneon",
        "electric piano (rhodes, wurlitzer, piano sound alike)",
        "other sounds (hapischord, melotron etc)",
    ),
    "synth": ("synth pad", "synth lead", "theremin", "sampler", "electronic"),
    "strings": ("bowed strings", "other strings", "erhu", "yangqin", "dulcimer", "gu"),
    "brass": (
        "brass (trumpet, trombone, french horn, brass etc)", "french horn", "horn section",
        "brass section", "trumpet section", "trombone section", "wind",
    ),
    "percussion": (
        "a-tonal percussion (claps, shakers, congas, cowbell etc)", "auxiliary percussion",
        "pitched percussion (mallets, glockenspiel, ...)", "doumbek", "darbuka", "gong", "whistle",
        "claps", "castanet", "mridangam",
    ),
    "effects": (
        "fx/processed sound", "fx/processed sound, scratches, gun shots, explosions etc",
        "scratches",
    ),
    "other": (
        "other", "main system", "unlabeled", "click track", "other wind", "dizi", "bamboo flute",
        "flutes (piccolo, bamboo flute, panpipes, flutes etc)", "flute section",
        "clarinet section", "oboe section", "woodwind section", "bagpipe", "harmonica", "panpipes",
        "reeds (saxophone, clarinets, oboe, english horn, bagpipe)",
    ),
}  # fmt: skip

_ROLE_OF: Final = {word: role for role, words in _WORDS.items() for word in words}


def role_of(*words: str) -> str:
    """The role of the first word that says one, from the most to the least telling; "other" if
    none does. Underscores count as spaces, case does not count."""
    for word in words:
        plain = " ".join(word.replace("_", " ").lower().split())
        role = _ROLE_OF.get(plain) or guess_role_from_name(word)
        if role is not None:
            return role
    return "other"
