from tournaments.formats import FORMATS
from tournaments.models import Tournament


def test_every_stored_format_has_a_module() -> None:
    assert set(FORMATS) == set(Tournament.Format.values)
