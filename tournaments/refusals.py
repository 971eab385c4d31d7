"""What tournaments say no to, each with a stable code."""

from accounts.refusals import Refusal


class BadBudget(Refusal):
    code = "bad_budget"
    message = "A tournament has 3 to 15 battles."


class TooFewMixers(Refusal):
    code = "too_few_mixers"
    status = 409
    message = "A tournament needs at least two mixers."


class NoDemoSong(Refusal):
    code = "no_demo_song"
    status = 409
    message = "There is no demo song to try yet."


class NotAssigned(Refusal):
    code = "not_assigned"
    status = 404
    message = "This battle is somebody else's."


class BadChoice(Refusal):
    code = "bad_choice"
    message = "A vote is one of: a, b, tie, neither."


class BadEvent(Refusal):
    code = "bad_event"
    message = "This is not something a player can tell."


class NotHeard(Refusal):
    """Details: need_a_s and need_b_s, the seconds of each side still to hear."""

    code = "not_heard"
    status = 422
    message = "Listen to both sides before you vote."


class AlreadyVoted(Refusal):
    code = "already_voted"
    status = 409
    message = "You have voted in this battle already."


class BattleClosed(Refusal):
    code = "battle_closed"
    status = 410
    message = "This battle is over."


class BattleVoided(Refusal):
    code = "battle_voided"
    status = 409
    message = "This battle does not count: one of its mixes is gone. The next one will."


class TooManyVotes(Refusal):
    """Details: retry_after, whole seconds."""

    code = "rate_limited"
    status = 429
    message = "That was a lot of votes. Rest your ears for a few minutes."


class NothingToUndo(Refusal):
    code = "nothing_to_undo"
    status = 409
    message = "Only the vote just cast can be taken back."


class NotDecided(Refusal):
    code = "not_decided"
    status = 409
    message = "The mixers stay hidden until you vote."


class NotFinished(Refusal):
    code = "not_finished"
    status = 409
    message = "This tournament is not over yet."


class NotOwner(Refusal):
    code = "not_found"
    status = 404
    message = "There is no such tournament."


class ClipUnavailable(Refusal):
    code = "clip_unavailable"
    status = 409
    message = "This clip's audio cannot be read. The battle cannot be played."


class BadSoundCheck(Refusal):
    code = "bad_sound_check"
    message = "That is no result of the sound check. Please do it again."


class NoSuchLink(Refusal):
    code = "no_such_link"
    status = 404
    message = "This link does not lead to a tournament any more."


class BadTournament(Refusal):
    """What is wrong is in the message."""

    code = "bad_tournament"


class TooManyEntries(Refusal):
    code = "too_many_entries"
    message = "A tournament has at most 33 entries."


class NotForEverybody(Refusal):
    code = "song_not_public"
    status = 409
    message = "Others can only vote on your own songs, or on public ones."


class RoundClosed(Refusal):
    code = "round_closed"
    status = 409
    message = "The round is over. Its votes are settled."


class TooLate(Refusal):
    code = "too_late"
    status = 409
    message = "A vote can be taken back for 30 seconds."


class NotVoted(Refusal):
    code = "not_voted"
    status = 409
    message = "You have not voted in this battle yet."


class BadChips(Refusal):
    code = "bad_chips"
    message = "A reason is one of: vocals, low_end, width, punch, harsh, muddy, too_loud, clipping."


class BadSkip(Refusal):
    code = "bad_skip"
    message = "Say why you skip: cannot_hear, no_opinion, broken or tired."


class TooManySkips(Refusal):
    code = "too_many_skips"
    status = 429
    message = "That was a lot of skips. Come back when you feel like listening."


class HumanMixRefused(Refusal):
    """The decoder's reason is in `reason`."""

    code = "human_mix_refused"
    status = 422
    message = "This file cannot be used as a mix."


class TooManyRecordings(Refusal):
    code = "too_many_recordings"
    status = 409
    message = "You have brought as many mixes as one person may."


class NotAFullSession(Refusal):
    code = "session_not_finished"
    status = 409
    message = "The completion code comes with the last battle of your session."


class BadCode(Refusal):
    code = "bad_completion_code"
    status = 404
    message = "This completion code is not known, or was used already."


class BadImport(Refusal):
    """What is wrong, and where, is in the message."""

    code = "bad_import"
    status = 422


class BadExportKind(Refusal):
    code = "bad_export_kind"
    message = "Votes come as csv, json or parquet."


class HiddenWhileListening(Refusal):
    code = "hidden_while_listening"
    status = 409
    message = "Names are hidden while you hear a battle of this tournament."
