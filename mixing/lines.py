"""Texts that people type, made fit for one line."""


def one_line(text: str, limit: int) -> str:
    """Visible characters with single spaces between words, at most `limit`; may be empty."""
    visible = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(visible.split())[:limit].strip()
