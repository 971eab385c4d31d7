"""Tournaments, entries, battles, listening and votes. Knows mixes, never weights."""

from tournaments.models.battle import Battle, BattleQuerySet, Listening
from tournaments.models.entry import Entry, EntryMix, Recording
from tournaments.models.listener import ListenerTrust, Participant
from tournaments.models.strength import MixerStrength
from tournaments.models.tournament import Tournament, TournamentQuerySet, TournamentSong
from tournaments.models.vote import Vote, VoteQuerySet

__all__ = [
    "Battle",
    "BattleQuerySet",
    "Entry",
    "EntryMix",
    "ListenerTrust",
    "Listening",
    "MixerStrength",
    "Participant",
    "Recording",
    "Tournament",
    "TournamentQuerySet",
    "TournamentSong",
    "Vote",
    "VoteQuerySet",
]
