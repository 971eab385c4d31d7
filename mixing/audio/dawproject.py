"""A mix as a session for other programs: the texts inside a DAWproject file.

DAWproject (github.com/bitwig/dawproject, MIT) is a zip with ``project.xml``, ``metadata.xml`` and
audio. What the format has words for is said in them: volume, pan, mute, sends, equaliser bands,
compressors and the limiter, each with its unit. Everything else a console knows stands as named
parameters of a built-in device, which programs that do not know it leave out.

Ratios are written as Bitwig Studio writes them, in percent of full limiting: 0 is 1:1, 75 is 4:1.
Faders end at +6 dB there; what goes beyond is given by the compressor's output, which comes right
before the fader. How loud a centred mono track is differs from program to program by up to 3 dB.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mixing.audio.biquad import BUTTERWORTH_Q, HIGHPASS_OFF_HZ
from mixing.audio.decibels import amplitude
from mixing.audio.parameters import DELAY, MASTER, OFF_DB, REVERB, STRIP, Parameter, Settings

FORMAT_VERSION: Final = "1.0"
LOUDEST_FADER_DB: Final = 6.0
"""What volume faders of all programs reach; the format's customary range ends here, at 2."""
_MASTER: Final = "master-channel"
_BELLS: Final = ("peak1", "peak2", "peak3")
_UNITS: Final = {
    "dB": ("decibel", 1.0),
    "Hz": ("hertz", 1.0),
    "ms": ("seconds", 1e-3),
    "s": ("seconds", 1.0),
}
"""The table's units as the format calls them, and what to multiply values by."""
_SHELVES: Final = ("low_shelf", "high_shelf")
_SAID: Final = frozenset(
    [f"{band}_{knob}" for band in _BELLS for knob in ("hz", "gain_db", "q")]
    + [f"{band}_{knob}" for band in _SHELVES for knob in ("hz", "gain_db")]
    + [f"comp_{k}" for k in ("threshold_db", "ratio", "attack_ms", "release_ms", "makeup_db")]
    + ["highpass_hz", "fader_db", "pan", "reverb_send_db", "delay_send_db", "return_db"]
    + ["ceiling_dbtp"]
)
"""Parameters that the format has an element for; the others go into a built-in device."""


@dataclass(frozen=True, slots=True)
class SessionStem:
    """One track's audio: its name, its file inside the zip, 1 or 2 channels, samples of each."""

    name: str
    file: str
    channels: int
    frames: int


@dataclass(frozen=True, slots=True)
class Session:
    """What a session file says; every stem starts with the song.

    Attributes:
        tempo_bpm: beats per minute where they are known.
        gain_db: what the console turned the mix up by before its limiter.
    """

    title: str
    artist: str
    genre: str
    comment: str
    tempo_bpm: float | None
    sample_rate: int
    stems: Sequence[SessionStem]
    settings: Settings
    gain_db: float


def metadata_xml(session: Session) -> bytes:
    """``metadata.xml``: title, artist, genre and comment, those that are known."""
    root = Element("MetaData")
    texts = (("Title", session.title), ("Artist", session.artist), ("Genre", session.genre))
    for name, text in (*texts, ("Comment", session.comment)):
        if text:
            SubElement(root, name).text = _printable(text)
    return _bytes(root)


def project_xml(session: Session) -> bytes:
    """``project.xml``: the tracks with their channels, and the stems on the timeline.

    Raises ValueError unless there is one strip per stem.
    """
    settings = session.settings
    project = Element("Project", version=FORMAT_VERSION)
    SubElement(project, "Application", name="Mixarena", version="1")
    if session.tempo_bpm:
        _real(SubElement(project, "Transport"), "Tempo", session.tempo_bpm, "bpm")
    structure = SubElement(project, "Structure")
    for number, (stem, strip) in enumerate(zip(session.stems, settings.strips, strict=True), 1):
        _stem_track(structure, number, stem, strip)
    _effect_track(structure, "reverb", "Reverb", settings.reverb, REVERB)
    _effect_track(structure, "delay", "Delay", settings.delay, DELAY)
    _master_track(structure, settings.master, session.gain_db)
    _arrangement(project, session)
    return _bytes(project)


def _stem_track(
    structure: Element, number: int, stem: SessionStem, strip: Mapping[str, float]
) -> None:
    channel = _track(structure, f"track-{number}", f"channel-{number}", stem.name, "regular")
    channel.set("destination", _MASTER)
    is_heard = strip["fader_db"] > OFF_DB
    volume_db = min(strip["fader_db"], LOUDEST_FADER_DB)
    devices = SubElement(channel, "Devices")
    _equaliser(devices, strip)
    _compressor(devices, strip, beyond_db=max(strip["fader_db"] - LOUDEST_FADER_DB, 0.0))
    _console_device(devices, "Mixarena channel strip", strip, STRIP)
    _bool(channel, "Mute", not is_heard)
    _real(channel, "Pan", (strip["pan"] + 1.0) / 2.0, "normalized", 0.0, 1.0)
    sends = SubElement(channel, "Sends")
    for name in ("reverb", "delay"):
        send = SubElement(sends, "Send", destination=f"{name}-channel", type="post", name=name)
        level_db = strip[f"{name}_send_db"]
        _bool(send, "Enable", level_db > OFF_DB)
        _real(send, "Volume", _linear(level_db), "linear", 0.0, 2.0)
    _real(channel, "Volume", _linear(volume_db), "linear", 0.0, 2.0)


def _effect_track(
    structure: Element,
    key: str,
    name: str,
    values: Mapping[str, float],
    parameters: Sequence[Parameter],
) -> None:
    channel = _track(structure, f"{key}-track", f"{key}-channel", name, "effect")
    channel.set("destination", _MASTER)
    _console_device(SubElement(channel, "Devices"), f"Mixarena {key}", values, parameters)
    _bool(channel, "Mute", values["return_db"] <= OFF_DB)
    _real(channel, "Volume", _linear(values["return_db"]), "linear", 0.0, 2.0)


def _master_track(structure: Element, master: Mapping[str, float], gain_db: float) -> None:
    channel = _track(structure, "master-track", _MASTER, "Master", "master")
    devices = SubElement(channel, "Devices")
    _equaliser(devices, master)
    _compressor(devices, master)
    _console_device(devices, "Mixarena master", master, MASTER)
    limiter = _device(devices, "Limiter", "Limiter")
    _bool(limiter, "Enabled", True)
    _real(limiter, "InputGain", gain_db, "decibel")
    _real(limiter, "Threshold", master["ceiling_dbtp"], "decibel")
    _real(channel, "Volume", 1.0, "linear", 0.0, 2.0)


def _arrangement(project: Element, session: Session) -> None:
    arrangement = SubElement(project, "Arrangement", id="arrangement")
    lanes = SubElement(arrangement, "Lanes", timeUnit="seconds", id="lanes")
    for number, stem in enumerate(session.stems, 1):
        seconds = stem.frames / session.sample_rate
        lane = SubElement(lanes, "Lanes", track=f"track-{number}", id=f"lane-{number}")
        clips = SubElement(lane, "Clips", id=f"clips-{number}")
        clip = SubElement(clips, "Clip", name=_printable(stem.name), time="0.0")
        clip.attrib |= {"duration": _text(seconds), "playStart": "0.0"}
        audio = SubElement(clip, "Audio", id=f"audio-{number}", duration=_text(seconds))
        audio.attrib |= {"channels": str(stem.channels), "sampleRate": str(session.sample_rate)}
        SubElement(audio, "File", path=stem.file)


def _track(structure: Element, track: str, channel: str, name: str, role: str) -> Element:
    """The channel of a new track."""
    tag = SubElement(structure, "Track", id=track, name=_printable(name), contentType="audio")
    tag.set("loaded", "true")
    return SubElement(tag, "Channel", id=channel, role=role, audioChannels="2")


def _equaliser(devices: Element, values: Mapping[str, float]) -> None:
    """Six bands, as ``biquad.equaliser`` orders them; the master has no high-pass."""
    device = _device(devices, "Equalizer", "Equaliser")
    _bool(device, "Enabled", True)
    if "highpass_hz" in values:
        hz = values["highpass_hz"]
        _band(device, "highPass", hz, None, BUTTERWORTH_Q, enabled=hz > HIGHPASS_OFF_HZ)
    _band(device, "lowShelf", values["low_shelf_hz"], values["low_shelf_gain_db"], BUTTERWORTH_Q)
    for bell in _BELLS:
        hz, gain_db, q = (values[f"{bell}_{knob}"] for knob in ("hz", "gain_db", "q"))
        _band(device, "bell", hz, gain_db, q)
    _band(device, "highShelf", values["high_shelf_hz"], values["high_shelf_gain_db"], BUTTERWORTH_Q)


def _band(
    device: Element, kind: str, hz: float, gain_db: float | None, q: float, *, enabled: bool = True
) -> None:
    band = SubElement(device, "Band", type=kind, order="2")
    _real(band, "Freq", hz, "hertz")
    if gain_db is not None:
        _real(band, "Gain", gain_db, "decibel")
    _real(band, "Q", q, "linear")
    _bool(band, "Enabled", enabled)


def _compressor(devices: Element, values: Mapping[str, float], *, beyond_db: float = 0.0) -> None:
    output_db = values["comp_makeup_db"] + beyond_db
    device = _device(devices, "Compressor", "Compressor")
    _bool(device, "Enabled", values["comp_ratio"] > 1.0 or output_db != 0.0)
    _real(device, "Attack", values["comp_attack_ms"] / 1000, "seconds")
    _bool(device, "AutoMakeup", False)
    _real(device, "OutputGain", output_db, "decibel")
    _real(device, "Ratio", 100.0 * (1.0 - 1.0 / values["comp_ratio"]), "percent", 0.0, 100.0)
    _real(device, "Release", values["comp_release_ms"] / 1000, "seconds")
    _real(device, "Threshold", values["comp_threshold_db"], "decibel")


def _console_device(
    devices: Element, name: str, values: Mapping[str, float], parameters: Sequence[Parameter]
) -> None:
    """A built-in device with every parameter that the format has no element for."""
    device = _device(devices, "BuiltinDevice", name)
    listed = SubElement(device, "Parameters")
    for parameter in parameters:
        if parameter.name not in _SAID:
            unit, factor = _UNITS.get(parameter.unit, ("linear", 1.0))
            real = _real(listed, "RealParameter", values[parameter.name] * factor, unit)
            real.set("name", parameter.name)
    _bool(device, "Enabled", True)


def _device(devices: Element, tag: str, name: str) -> Element:
    return SubElement(devices, tag, deviceName=name, deviceRole="audioFX", name=name)


def _real(
    parent: Element,
    tag: str,
    value: float,
    unit: str,
    low: float | None = None,
    high: float | None = None,
) -> Element:
    element = SubElement(parent, tag, value=_text(value), unit=unit)
    if low is not None and high is not None:
        element.attrib |= {"min": _text(low), "max": _text(high)}
    return element


def _bool(parent: Element, tag: str, value: bool) -> None:
    SubElement(parent, tag, value="true" if value else "false")


def _linear(level_db: float) -> float:
    return amplitude(level_db) if level_db > OFF_DB else 0.0


def _text(value: float) -> str:
    return f"{value:.8f}"


def _printable(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(c for c in text if c >= " " and not "\ud800" <= c <= "\udfff")


def _bytes(root: Element) -> bytes:
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
