"""What can be wrong with a mixer's files; each message is a sentence for people."""


class ModelUnavailable(Exception):
    """A file that a mixer needs is not there or cannot be read."""

    code = "model_unavailable"


class ModelInvalid(Exception):
    """A mixer's file is there but is not what it claims: checksum, shapes, version or numbers."""

    code = "model_invalid"


class ModelTooNew(ModelInvalid):
    """Written by a later release, in a format that this one does not know."""

    code = "model_too_new"
