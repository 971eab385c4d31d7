"""Who was bred from whom: families of mixers and the story of each generation."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from evolution import listening, selectors
from evolution.drawing import draw_traits
from evolution.family_drawing import draw_family


@require_GET
def families(request: HttpRequest) -> HttpResponse:
    """The person's own population and the community's, and what votes say of mixes in general."""
    told = {
        "runs": selectors.runs_visible_to(request.user),
        "traits": draw_traits(selectors.winners_in_common()),
        "groups": selectors.taste_groups(),
    }
    return render(request, "evolution/families.html", told)


@require_GET
def family(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One population: its tree, how its members sound, and what its generations changed."""
    run = get_object_or_404(selectors.runs(request.user), pk=run_id)
    tree = selectors.tree(run)
    told = {
        "run": run,
        "tree": tree,
        "drawn": draw_family(tree),
        "heard": [one for one in tree.members if one.mixer is not None],
        "unheard": [one for one in tree.members if one.mixer is None],
        "copies": listening.one_song_of_all(
            [one.mixer for one in tree.members if one.mixer is not None], request.user
        ),
        "stories": selectors.recent_stories(run),
        "is_own": run.listener_id is not None,
    }
    return render(request, "evolution/family.html", told)


@require_GET
def generation(request: HttpRequest, generation_id: UUID) -> HttpResponse:
    row = get_object_or_404(selectors.generations(request.user), pk=generation_id)
    told = {"story": selectors.story(row), "is_own": row.run.listener_id is not None}
    return render(request, "evolution/generation.html", told)
