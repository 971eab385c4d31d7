"""A generation in words: what is large enough to hear, in the order of size."""

from evolution import stories
from evolution.descriptors import COLUMN, COUNT
from evolution.operators import OPERATORS


def moved(**steps: float) -> list[float]:
    row = [0.0] * COUNT
    for name, amount in steps.items():
        row[COLUMN[name]] = amount
    return row


def test_differences_are_told_by_size_in_the_descriptors_units() -> None:
    found = stories.changes(moved(brightness=1.0, wetness=-2.0, air=0.4))
    assert [(one.name, one.words, one.amount) for one in found] == [
        ("wetness", "drier", "4.0 dB"),  # A step of space is 2 dB.
        ("brightness", "brighter", "1.0 dB"),
    ]


def test_the_few_largest_make_the_sentence() -> None:
    said = stories.in_words(moved(brightness=1, air=2, width=3, vocal_level=-4))
    assert said == "vocals quieter by 4.0 dB, wider by 3.0 dB, airier by 2.0 dB"
    assert stories.in_words(moved()) == "hardly different"


def test_every_operator_has_words() -> None:
    for name in (*OPERATORS, "founder", "kept"):
        assert stories.operator_words(name) != name
