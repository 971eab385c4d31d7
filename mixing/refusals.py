"""What mixing says no to; each has a stable code, a status and a sentence for people."""

from accounts.refusals import Refusal


class SongNotReady(Refusal):
    code = "song_not_ready"
    status = 409
    message = "The song is not ready to mix yet: its stems are still being listened to."


class SongWithoutStems(Refusal):
    code = "no_stems"
    status = 422
    message = "Add some stems first: there is nothing to mix."


class SongSilent(Refusal):
    code = "too_quiet"
    status = 422
    message = "Every stem is silent, so there is nothing to mix."


class SongChanged(Refusal):
    code = "song_changed"
    status = 409
    message = "The song's stems changed before this mix was made. Mix it again."


class NoMixers(Refusal):
    code = "no_mixers"
    status = 503
    message = "No mixers are installed here yet. Ask whoever runs this server."


class UnknownMixer(Refusal):
    code = "unknown_mixer"
    status = 422
    message = "There is no such mixer to choose."


class UnknownRole(Refusal):
    code = "unknown_role"
    status = 422
    message = "There is no such role for a stem."


class QueueFull(Refusal):
    code = "queue_full"
    status = 429
    message = "Too many mixes are waiting already. Try again in a few minutes."


class TooManyStems(Refusal):
    code = "too_many_stems"
    status = 422
    message = "A song holds at most 32 stems."


class TooManyUploads(Refusal):
    code = "too_many_uploads"
    status = 429
    message = "Too many files are on their way already. Let some of them finish first."


class FileTooLarge(Refusal):
    code = "too_large"
    status = 413
    message = "This file is larger than a song's files may be."


class EmptyFile(Refusal):
    code = "empty_audio"
    status = 422
    message = "The file is empty."


class ChunkTooLarge(Refusal):
    code = "chunk_too_large"
    status = 413
    message = "Send the file in smaller pieces."


class PastEnd(Refusal):
    code = "past_end"
    status = 422
    message = "More bytes arrived than the file was said to have."


class NoSpace(Refusal):
    code = "no_space"
    status = 507
    message = "The server's disk is full. Try again later."


class SongGone(Refusal):
    code = "not_found"
    status = 404
    message = "This song does not exist any more."


class OffsetMismatch(Refusal):
    """`offset` in the details is where to go on."""

    code = "offset_mismatch"
    status = 409
    message = "The piece does not continue what has arrived so far."


class ChecksumMismatch(Refusal):
    code = "checksum_mismatch"
    status = 422
    message = "The piece arrived damaged. Send it again."


class UploadBusy(Refusal):
    code = "upload_busy"
    status = 409
    message = "Another piece of this file is arriving right now."


class UploadEnded(Refusal):
    code = "upload_ended"
    status = 409
    message = "This upload has ended."


class StemNotReady(Refusal):
    code = "stem_not_ready"
    status = 409
    message = "This stem is not ready yet."


class NotRetryable(Refusal):
    code = "not_failed"
    status = 409
    message = "Only a mix that failed or was stopped can be tried again."


class MixNotReady(Refusal):
    code = "mix_not_ready"
    status = 409
    message = "This mix is not ready yet."


class AlreadyFinished(Refusal):
    code = "already_finished"
    status = 409
    message = "This is finished already."


class ExportNotReady(Refusal):
    code = "export_not_ready"
    status = 409
    message = "This file is not ready yet."


class EncoderMissing(Refusal):
    code = "encoder_missing"
    status = 422
    message = "This server cannot make this kind of file: it has no ffmpeg with the encoder."


class ReferenceRefused(Refusal):
    """Code and status are the decoder's, or say what else is wrong with the track."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class NotYourSong(Refusal):
    code = "forbidden"
    status = 403
    message = "You can listen to this song, but only its owner can do this."


class Blind(Refusal):
    """A vote is open on this song: hearing or reading a named mix would spoil it."""

    code = "blind"
    status = 403
    message = "Finish or close your blind battle first: until then mixes keep their secrets."


class PresetNameTaken(Refusal):
    code = "preset_name_taken"
    status = 409
    message = "You have a preset of this name already. Choose another name."


class TooManyPresets(Refusal):
    code = "too_many_presets"
    status = 409
    message = "You have 200 presets already. Delete some you no longer use."
