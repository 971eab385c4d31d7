"""API tokens: `mx_` and 43 random characters, of which only a hash is kept."""

import hashlib
import secrets

SCHEME = "mx_"
# Enough to recognise a token in a list, far too little to guess the rest.
SHOWN_CHARACTERS = 8


def new_secret() -> str:
    """A fresh token with 256 bits of chance."""
    return SCHEME + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is stored: a plain SHA-256 is enough for secrets nobody could guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def prefix_of(secret: str) -> str:
    return secret[:SHOWN_CHARACTERS]
