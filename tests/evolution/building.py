"""Votes with real descriptors behind them: small songs, house mixers' own settings, scripted taste.

Mixes are rows with the settings that the mixer chooses; audio is rendered only where a test hears.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations

from django.utils import timezone

from accounts.models import User
from evolution import reading, sounds
from evolution.breeding import PROBE_SONGS
from evolution.descriptors import COLUMN, SongSound
from evolution.genome import Basis
from evolution.models import StoredBasis
from evolution.packing import pack
from evolution.registry import genome_of_mixer
from mixing import listening, sessions
from mixing.audio import RENDERER_VERSION
from mixing.audio.parameters import Settings
from mixing.identity import cache_key, multitrack_sha256
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from tests.mixing.making import BASS, KICK, VOX, Part, ready_song
from tournaments import signals
from tournaments.models import Battle, Entry, EntryMix, Participant, Tournament, Vote

GUITAR = Part("Guitar.wav", 330.0)
KEYS = Part("Keys.wav", 523.0, channels=2)
SONGS = (
    (KICK, BASS, VOX),
    (KICK, GUITAR, VOX),
    (KICK, BASS, KEYS, VOX),
    (BASS, GUITAR, VOX),
)

Liking = Callable[[dict[str, float]], float]


def make_songs(owner: User, count: int = 2, **fields: object) -> list[Song]:
    """Public songs of three to four stems, ready to mix."""
    fields = {"visibility": Song.Visibility.PUBLIC, **fields}
    return [ready_song(owner, SONGS[k], title=f"Song {k + 1}", **fields) for k in range(count)]


def mix_of(song: Song, mixer: Mixer, section: str = Mix.Section.PREVIEW) -> Mix:
    """The mix as a worker leaves it, but for its audio."""
    stems = list(song.stems.ready())
    state = multitrack_sha256(stems)
    if mixer.head_onnx_file:
        chosen = sessions.head(mixer).settings(listening.hear(song, stems, mixer))
    else:  # A mixer without weights, for tests that do not listen.
        chosen = Settings.default(len(stems))
    mix, _ = Mix.objects.get_or_create(
        cache_key=cache_key(song, state, mixer, Mix.Section(section)),
        defaults={
            "song": song,
            "mixer": mixer,
            "section": section,
            "renderer_version": RENDERER_VERSION,
            "multitrack_sha256": state,
            "state": JobState.READY,
            "settings": chosen.to_json(),
            "frames": 44_100,
            "lufs": -14.0,
            "true_peak_dbtp": -1.2,
            "timings": {"mixing": 0.1},
            "audio_file": "songs/none.flac",
        },
    )
    return mix


def judge(
    listener: User,
    song: Song,
    pair: tuple[Mixer, Mixer],
    score: float | None,
    *,
    at: datetime | None = None,
    tournament: Tournament | None = None,
) -> Vote:
    """A vote that stands on a battle of the two, cast at a moment; 1 is for the first."""
    if tournament is None:
        tournament = Tournament.objects.create(owner=listener, song=song, seed=1)
    Participant.objects.get_or_create(tournament=tournament, listener=listener)
    entries = [_entry(tournament, song, mixer) for mixer in pair]
    battle = Battle.objects.create(
        tournament=tournament,
        number=tournament.battles.count() + 1,
        song=song,
        side_a=entries[0].entry,
        side_b=entries[1].entry,
        mix_a=entries[0],
        mix_b=entries[1],
        listener=listener,
        state=Battle.State.DECIDED,
        clip_lufs=-20.0,
        clip_frames=44_100,
    )
    choice = {1.0: "a", 0.5: "tie", 0.0: "b", None: "neither"}[score]
    vote = Vote.objects.create(
        battle=battle, listener=listener, choice=choice, heard_a_s=9, heard_b_s=9
    )
    if at is not None:
        Vote.objects.filter(pk=vote.pk).update(created_at=at)
        vote.refresh_from_db()
    return vote


def arrive(vote: Vote) -> None:
    """What tournaments send after the commit."""
    signals.announce_vote(
        tournament_id=vote.battle.tournament_id, listener_id=vote.listener_id, vote_id=vote.pk
    )


def listen(
    listener: User, songs: Sequence[Song], mixers: Sequence[Mixer], liking: Liking, count: int
) -> list[Vote]:
    """So many votes by somebody who always chooses what they like more, oldest first.

    The votes are an hour old and a second apart, as if cast before now.
    """
    pairs = [(song, pair) for pair in combinations(mixers, 2) for song in songs]
    begin = timezone.now() - timedelta(hours=1)
    votes = []
    for k in range(count):
        song, pair = pairs[(7 * k) % len(pairs)]
        votes.append(choose(listener, song, pair, liking, at=begin + timedelta(seconds=k)))
    return votes


def choose(
    listener: User,
    song: Song,
    pair: tuple[Mixer, Mixer],
    liking: Liking,
    *,
    at: datetime | None = None,
) -> Vote:
    """The vote of somebody who chooses what they like more."""
    utilities = [liking(sound_of(mix_of(song, mixer))) for mixer in pair]
    return judge(listener, song, pair, float(utilities[0] > utilities[1]), at=at)


def sound_of(mix: Mix) -> dict[str, float]:
    """A mix's descriptors by name."""

    row = sounds.descriptors_of([mix.pk])[mix.pk]
    return {name: float(x) for name, x in zip(COLUMN, row, strict=True)}


def likes(**ideal: float) -> Liking:
    """Somebody with a best amount of some descriptors, who does not care for the others."""
    return lambda sound: -sum((sound[name] - best) ** 2 for name, best in ideal.items())


def give_basis(mixer: Mixer, songs: Sequence[Song]) -> StoredBasis:
    """Function space over one song, built once per test run: it is seconds of work per song."""
    for song in songs:
        reading.sound_of(song, mixer)
    rows = reading.sounds_of(songs[1:2], mixer)
    return StoredBasis.objects.create(
        encoder_sha256=mixer.encoder_onnx_sha256,
        descriptor_version=rows[0].descriptor_version,
        songs=PROBE_SONGS,
        arrays=_basis_bytes(
            genome_of_mixer(mixer).tobytes(), tuple(bytes(row.arrays) for row in rows)
        ),
    )


@cache
def _basis_bytes(genome: bytes, songs: tuple[bytes, ...]) -> bytes:
    from evolution.packing import genome_from, unpack

    heard = [SongSound.from_arrays(unpack(song)) for song in songs]
    return pack(Basis.build(genome_from(genome), heard).to_arrays())


def _entry(tournament: Tournament, song: Song, mixer: Mixer) -> EntryMix:
    entry, _ = Entry.objects.get_or_create(
        tournament=tournament, mixer=mixer, defaults={"number": tournament.entries.count()}
    )
    mix, _ = EntryMix.objects.get_or_create(
        entry=entry,
        song=song,
        defaults={
            "preview": mix_of(song, mixer),
            "full": mix_of(song, mixer, Mix.Section.FULL),
        },
    )
    return mix
