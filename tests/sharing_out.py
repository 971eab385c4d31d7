"""Which of several pytest processes runs which tests, and in what order.

Files stay whole, so that what their fixtures made is made once. What shares a running installation
stays together too, and comes first: those tests wait for most of their time while others compute.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

SERVICES = "tests/services/"


class Scheduling(LoadFileScheduling):
    """`--dist loadfile`, in the order of the collection, and the services by arrangement."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return arrangement(nodeid) or super()._split_scope(nodeid)


def arrangement(nodeid: str) -> str | None:
    """The installation a test in tests/services uses: its parameter, or else the scaled one."""
    if not nodeid.startswith(SERVICES):
        return None
    return "embedded" if "embedded" in nodeid else "scaled"


def longest_first(items: list[pytest.Item]) -> None:
    """The services first, one arrangement after the other; all else stays as it is."""
    items.sort(key=lambda item: {"scaled": 0, "embedded": 1}.get(arrangement(item.nodeid) or "", 2))
