"""What can be wrong with a lineage."""


class LineageInvalid(Exception):
    """A family tree that no family can have; ``message`` says where."""

    code = "lineage_invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
