"""What evolution says no to; each has a stable code, a status and a sentence for people."""

from accounts.refusals import Refusal


class NoMixersToBreed(Refusal):
    code = "no_mixers"
    status = 503
    message = "No mixers are installed here yet, so there is nothing to breed from."


class NoSongsToBreed(Refusal):
    code = "no_songs"
    status = 409
    message = "Breeding needs at least one song that is ready to mix: a demo song will do."


class TastePaused(Refusal):
    code = "taste_paused"
    status = 409
    message = "Learning is paused. Continue it first."


class NothingLearnt(Refusal):
    code = "nothing_learnt"
    status = 409
    message = "Nothing was learnt yet: vote in a few battles first."


class GenerationTaken(Refusal):
    """Another worker stored this generation first."""

    code = "generation_taken"
    status = 409
    message = "This generation was bred by somebody else just now."


class InputsGone(Refusal):
    code = "inputs_gone"
    status = 409
    message = "This generation cannot be bred again: a song or mixer it was bred with is gone."


class FoundersCannotRerun(Refusal):
    code = "founders"
    status = 409
    message = "The founders were not bred, so there is nothing to run again."


class NotPromotable(Refusal):
    code = "not_promotable"
    status = 409
    message = "This mixer was retired or quarantined. It cannot be promoted."


class PersonalMixer(Refusal):
    code = "personal_mixer"
    status = 409
    message = "This mixer belongs to one listener. Only community mixers are reviewed."


class AlreadyThere(Refusal):
    code = "already_there"
    status = 409
    message = "This mixer holds that place already."


class SlotMoved(Refusal):
    """Somebody decided first; `incumbent` tells who holds the slot now."""

    code = "slot_moved"
    status = 409
    message = "Somebody else has just changed this place. Look at it again before you decide."


class AlreadyDecided(Refusal):
    code = "already_decided"
    status = 409
    message = "Somebody else has decided about this mixer already."


class NothingToRollBack(Refusal):
    code = "nothing_to_roll_back"
    status = 409
    message = "There is no earlier mixer to go back to."


class UnsafeMixer(Refusal):
    """`checks` lists what failed."""

    code = "unsafe_mixer"
    status = 409
    message = "This mixer's listening copies fail the safety checks, so it cannot be promoted."


class NoListeningCopies(Refusal):
    code = "no_listening_copies"
    status = 409
    message = "Make listening copies of this mixer first: its sound was never checked."


class BadSlot(Refusal):
    code = "bad_slot"
    status = 422
    message = "The community’s places are “champion”, “champion:genre” and “house:style”."


class ReasonNeeded(Refusal):
    code = "reason_needed"
    status = 422
    message = "Write down why, in one sentence."


class HoldsSlot(Refusal):
    code = "holds_slot"
    status = 409
    message = "This mixer holds a place. Roll it back or promote another one first."


class NothingToSuggest(Refusal):
    code = "nothing_to_suggest"
    status = 409
    message = "Your taste has no change to suggest for this mix."


class NotForYou(Refusal):
    code = "not_for_you"
    status = 403
    message = "Only administrators bring mixers for the community."


class BadMixerName(Refusal):
    code = "bad_name"
    status = 422
    message = "A mixer's name has 1 to 80 letters, digits, spaces and simple marks like - or &."


class TooManyMixers(Refusal):
    code = "too_many_mixers"
    status = 409
    message = "You have as many mixers from elsewhere as one person may hold."


class ModelFileUnsupported(Refusal):
    code = "unsupported_model_type"
    status = 415
    message = "Mixers come as safetensors or ONNX files, nothing else."


class ModelFileTooLarge(Refusal):
    code = "model_too_large"
    status = 413
    message = "This file is larger than a mixer's can be."


class ModelFileRefused(Refusal):
    code = "model_invalid"
    status = 422
    message = "This file does not hold a mixer of this version."
