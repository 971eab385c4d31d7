"""Staff can look at everything, and only services change anything."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from evolution import personal
from evolution.models import Generation, PromotionRule
from mixing.models import Mixer, Song
from tests.evolution import building
from tests.evolution.building import likes

MODELS = (
    "preferencemodel", "evolutionrun", "generation", "promotion", "promotionrule",
    "tastesettings", "holdback",
)  # fmt: skip


@pytest.fixture
def admin(client_of: Callable[[User], Client], staff: User) -> Client:
    return client_of(staff)


def test_lists_and_rows_open(
    admin: Client, listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    building.listen(listener, songs, house, likes(brightness=4.0), 6)
    generation = personal.breed_for(listener.pk)
    assert generation is not None
    for model in MODELS:
        assert admin.get(reverse(f"admin:evolution_{model}_changelist")).status_code == 200
    rows = (("generation", generation.pk), ("evolutionrun", generation.run_id),
            ("preferencemodel", generation.taste_id))  # fmt: skip
    for model, pk in rows:
        page = admin.get(reverse(f"admin:evolution_{model}_change", args=[pk]))
        assert page.status_code == 200
        assert b'name="_save"' not in page.content
    action = {"action": "run_again", "_selected_action": [str(generation.pk)]}
    done = admin.post(reverse("admin:evolution_generation_changelist"), action, follow=True)
    assert b"the same genomes" in done.content
    founders = Generation.objects.get(number=0)
    action["_selected_action"] = [str(founders.pk)]
    done = admin.post(reverse("admin:evolution_generation_changelist"), action, follow=True)
    assert b"nothing to run again" in done.content


def test_a_rule_is_set_by_the_service(admin: Client, staff: User, mixers: list[Mixer]) -> None:
    form = {
        "slot": "champion", "least_probability": "0.97", "least_votes": "40", "enabled": "on",
        "reason": "Votes may decide.",
    }  # fmt: skip
    admin.post(reverse("admin:evolution_promotionrule_add"), form)
    rule = PromotionRule.objects.get()
    assert (rule.slot, rule.least_votes, rule.set_by) == ("champion", 40, staff)


def test_strangers_see_nothing(client_of: Callable[[User], Client], listener: User) -> None:
    page = client_of(listener).get(reverse("admin:evolution_promotion_changelist"))
    assert page.status_code == 302
