"""The community's votes in words: winners in common, and groups of taste."""

from accounts.models import User
from evolution import beliefs, patterns, sounds
from mixing.models import Mixer, Song
from tests.evolution.building import listen
from tournaments.judgements import comparisons


def test_winners_have_in_common_what_the_voter_likes(
    listener: User, house: list[Mixer], songs: list[Song]
) -> None:
    assert patterns.winners_in_common() == []
    listen(listener, songs, house, lambda sound: sound["brightness"], 16)
    for pair in comparisons():
        sounds.descriptors_of([pair.mix_a_id, pair.mix_b_id])
    traits = patterns.winners_in_common()
    assert traits
    brightness = next(trait for trait in traits if trait.descriptor.name == "brightness")
    assert brightness.low > 0
    assert "brighter" in brightness.words


def test_groups_are_found_by_a_worker_and_remembered(
    listener: User, house: list[Mixer], songs: list[Song]
) -> None:
    assert patterns.groups() == []
    likes = (lambda s: s["brightness"], lambda s: -s["brightness"])
    for k in range(12):
        person = User.objects.create_user(f"person{k}@example.org", "correct horse 1")
        listen(person, songs, house, likes[k % 2], 8)
        beliefs.refresh_taste(person)
    found = patterns.find_groups()
    assert patterns.groups() == found
    assert sorted(group.listeners for group in found) == [6, 6]
    assert {word for group in found for word in group.words} >= {"brighter", "darker"}
