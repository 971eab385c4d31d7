"""A reader of DAWproject sessions, and the format's rules as far as our sessions use it.

The reader turns what a session says back into the console's units; the rules are those of the
format's published schema (Project.xsd, MetaData.xsd) in words of our own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, fromstring

import numpy as np

_REAL: Final = ({"value", "unit"}, {"min", "max", "name"})
_BOOL: Final = ({"value"}, set[str]())
_DEVICE: Final = ({"deviceName", "deviceRole"}, {"name"})

# Tag (or parent/tag): the children's order, attributes that must be there, and that may be.
RULES: Final[Mapping[str, tuple[tuple[str, ...], tuple[set[str], set[str]]]]] = {
    "Project": (("Application", "Transport", "Structure", "Arrangement"), ({"version"}, set())),
    "Application": ((), ({"name", "version"}, set())),
    "Transport": (("Tempo",), (set(), set())),
    "Structure": (("Track",), (set(), set())),
    "Track": (("Channel",), ({"id"}, {"name", "contentType", "loaded"})),
    "Channel": (
        ("Devices", "Mute", "Pan", "Sends", "Volume"),
        ({"id"}, {"role", "audioChannels", "destination"}),
    ),
    "Devices": (("Equalizer", "Compressor", "BuiltinDevice", "Limiter"), (set(), set())),
    "Sends": (("Send",), (set(), set())),
    "Send": (("Enable", "Volume"), (set(), {"destination", "type", "name"})),
    "Equalizer": (("Enabled", "Band"), _DEVICE),
    "Band": (("Freq", "Gain", "Q", "Enabled"), ({"type"}, {"order"})),
    "Compressor": (
        ("Enabled", "Attack", "AutoMakeup", "OutputGain", "Ratio", "Release", "Threshold"),
        _DEVICE,
    ),
    "Limiter": (("Enabled", "InputGain", "Threshold"), _DEVICE),
    "BuiltinDevice": (("Parameters", "Enabled"), _DEVICE),
    "Parameters": (("RealParameter",), (set(), set())),
    "Arrangement": (("Lanes",), ({"id"}, set())),
    "Lanes": (("Lanes", "Clips"), ({"id"}, {"timeUnit", "track"})),
    "Clips": (("Clip",), ({"id"}, set())),
    "Clip": (("Audio",), ({"time"}, {"name", "duration", "playStart"})),
    "Audio": (("File",), ({"duration", "channels", "sampleRate"}, {"id"})),
    "File": ((), ({"path"}, set())),
    **dict.fromkeys(("Enabled", "Enable", "Mute", "AutoMakeup"), ((), _BOOL)),
    **dict.fromkeys(("Tempo", "Pan", "Volume", "Freq", "Gain", "Q", "Attack"), ((), _REAL)),
    **dict.fromkeys(("Release", "Ratio", "Threshold", "InputGain", "OutputGain"), ((), _REAL)),
    "RealParameter": ((), _REAL),
}
WORDS: Final = {
    "unit": {"linear", "normalized", "percent", "decibel", "hertz", "seconds", "bpm"},
    "role": {"regular", "master", "effect"},
    "deviceRole": {"audioFX"},
    "timeUnit": {"beats", "seconds"},
    "contentType": {"audio"},
    "loaded": {"true", "false"},
}
BAND_TYPES: Final = {"highPass", "lowShelf", "bell", "highShelf"}


def faults(root: Element) -> Iterator[str]:
    """Whatever in a project breaks the rules."""
    tags = list(root.iter())
    ids = [tag.get("id") for tag in tags if tag.get("id")]
    if len(set(ids)) < len(ids):
        yield "an id is used twice"
    for tag in tags:
        if tag.tag not in RULES:
            yield f"unknown element {tag.tag}"
            continue
        order, (required, optional) = RULES[tag.tag]
        places = [order.index(child.tag) if child.tag in order else -1 for child in tag]
        if -1 in places or (tag.tag != "Devices" and places != sorted(places)):
            yield f"{tag.tag} holds {[child.tag for child in tag]}"
        if required - set(tag.attrib) or set(tag.attrib) - required - optional:
            yield f"{tag.tag} has attributes {sorted(tag.attrib)}"
        for name in ("destination", "track"):
            if name in tag.attrib and tag.attrib[name] not in ids:
                yield f"{tag.tag} points at nothing"
        for name, words in WORDS.items():
            if name in tag.attrib and tag.attrib[name] not in words:
                yield f"{name} is {tag.attrib[name]}"
        if tag.tag == "Band" and tag.attrib["type"] not in BAND_TYPES:
            yield f"a band of type {tag.attrib['type']}"


@dataclass(frozen=True)
class ReadTrack:
    """A track in the console's names and units; ``sends`` and ``extra`` by name."""

    name: str
    role: str
    muted: bool
    knobs: dict[str, float]
    sends: dict[str, float | None]
    file: str | None
    seconds: float | None


def read(project: bytes) -> tuple[dict[str, ReadTrack], float | None]:
    """Tracks by id, and the tempo."""
    root = fromstring(project)
    clips = {
        lane.attrib["track"]: lane for lane in root.iterfind("Arrangement/Lanes/Lanes[@track]")
    }
    tracks = {
        tag.attrib["id"]: _track(tag, clips.get(tag.attrib["id"]))
        for tag in root.iterfind("Structure/Track")
    }
    tempo = root.find("Transport/Tempo")
    return tracks, None if tempo is None else float(tempo.attrib["value"])


def _track(tag: Element, lane: Element | None) -> ReadTrack:
    channel = tag.find("Channel")
    assert channel is not None
    knobs = _devices(channel)
    volume_db = _db(channel, "Volume")
    if volume_db is not None:
        knobs["volume_db"] = volume_db + knobs.pop("output_db", 0.0)
    pan = channel.find("Pan")
    if pan is not None:
        knobs["pan"] = 2 * float(pan.attrib["value"]) - 1
    sends = {}
    for send in channel.iterfind("Sends/Send"):
        sends[send.attrib["destination"]] = _db(send, "Volume") if _is_on(send, "Enable") else None
    clip = None if lane is None else lane.find("Clips/Clip")
    return ReadTrack(
        name=tag.attrib["name"],
        role=channel.attrib["role"],
        muted=_is_on(channel, "Mute"),
        knobs=knobs,
        sends=sends,
        file=None if clip is None else clip.find("Audio/File").attrib["path"],  # type: ignore[union-attr]
        seconds=None if clip is None else float(clip.attrib["duration"]),
    )


def _devices(channel: Element) -> dict[str, float]:
    knobs: dict[str, float] = {}
    bells = iter(("peak1", "peak2", "peak3"))
    names = {"highPass": "highpass", "lowShelf": "low_shelf", "highShelf": "high_shelf"}
    for band in channel.iterfind("Devices/Equalizer/Band"):
        name = names.get(band.attrib["type"]) or next(bells)
        knobs[f"{name}_hz"] = _value(band, "Freq") if _is_on(band, "Enabled") else 20.0
        if band.find("Gain") is not None:
            knobs[f"{name}_gain_db"] = _value(band, "Gain")
        knobs[f"{name}_q"] = _value(band, "Q")
    for device in channel.iterfind("Devices/Compressor"):
        knobs |= {
            "comp_threshold_db": _value(device, "Threshold"),
            "comp_ratio": 1 / (1 - _value(device, "Ratio") / 100),
            "comp_attack_ms": 1000 * _value(device, "Attack"),
            "comp_release_ms": 1000 * _value(device, "Release"),
            "output_db": _value(device, "OutputGain"),
        }
    for device in channel.iterfind("Devices/Limiter"):
        knobs |= {
            "gain_db": _value(device, "InputGain"),
            "ceiling_dbtp": _value(device, "Threshold"),
        }
    for parameter in channel.iterfind("Devices/BuiltinDevice/Parameters/RealParameter"):
        factor = 1000 if parameter.attrib["name"].endswith("_ms") else 1
        knobs[parameter.attrib["name"]] = factor * float(parameter.attrib["value"])
    return knobs


def _value(parent: Element, tag: str) -> float:
    element = parent.find(tag)
    assert element is not None
    return float(element.attrib["value"])


def _db(parent: Element, tag: str) -> float | None:
    element = parent.find(tag)
    if element is None or not float(element.attrib["value"]):
        return None
    return float(20 * np.log10(float(element.attrib["value"])))


def _is_on(parent: Element, tag: str) -> bool:
    element = parent.find(tag)
    return element is not None and element.attrib["value"] == "true"
