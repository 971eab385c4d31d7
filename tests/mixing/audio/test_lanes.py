"""Channels find their lanes."""

import pytest

from mixing.audio.lanes import HALF, LANES, assign


@pytest.mark.parametrize(
    ("channels", "groups"),
    [([1], 1), ([2], 1), ([2] * 8, 1), ([2] * 9, 2), ([1] * 16, 1), ([1] * 17, 2),
     ([2, 1, 1, 2, 1], 1), ([2] * 7 + [1] * 3, 2), ([2] * 32, 4)],
)  # fmt: skip
def test_every_channel_has_a_lane_of_its_own(channels, groups):
    lanes = assign(channels)
    places = {(at.group, at.lane) for at in lanes}
    assert len(places) == len(lanes) == sum(channels)
    assert {(at.strip, at.channel) for at in lanes} == {
        (strip, channel) for strip, count in enumerate(channels) for channel in range(count)
    }
    assert max(at.group for at in lanes) + 1 == groups
    assert all(0 <= at.lane < LANES for at in lanes)


def test_the_sides_of_a_stereo_strip_are_a_linked_pair_and_mono_strips_are_not():
    lanes = assign([1, 2, 1])
    left, right = (at for at in lanes if at.strip == 1)
    assert right.lane == left.lane + HALF
    assert left.group == right.group
    assert left.linked
    assert right.linked
    assert not any(at.linked for at in lanes if at.strip != 1)
