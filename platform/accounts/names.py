"""Names of people: shown to others, so nothing in them may hide or rearrange text."""

import unicodedata

from django.core.exceptions import ValidationError

# Characters that turn the reading direction of what follows: a name could pose as another one.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def validate_name(name: str) -> None:
    """Refuses control characters, line breaks and turned text; letters of any script are fine."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name):
        raise ValidationError(
            "A name is one line of ordinary characters.", code="control_characters"
        )
    if _TURNS.intersection(name):
        raise ValidationError("A name may not change the direction of text.", code="turned_text")
    if not any(character.isprintable() and not character.isspace() for character in name):
        raise ValidationError("A name needs something to see.", code="invisible")
