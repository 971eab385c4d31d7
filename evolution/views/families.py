"""Who was bred from whom: families of mixers and the story of each generation."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from evolution import selectors
from evolution.family_drawing import draw_family


@require_GET
def families(request: HttpRequest) -> HttpResponse:
    return render(
        request, "evolution/families.html", {"runs": selectors.runs_visible_to(request.user)}
    )


@require_GET
def family(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One population: its tree and what its latest generations changed."""
    run = get_object_or_404(selectors.runs(request.user), pk=run_id)
    tree = selectors.tree(run)
    told = {
        "run": run,
        "tree": tree,
        "drawn": draw_family(tree),
        "stories": selectors.recent_stories(run),
        "is_own": run.listener_id is not None,
    }
    return render(request, "evolution/family.html", told)


@require_GET
def generation(request: HttpRequest, generation_id: UUID) -> HttpResponse:
    row = get_object_or_404(selectors.generations(request.user), pk=generation_id)
    told = {"story": selectors.story(row), "is_own": row.run.listener_id is not None}
    return render(request, "evolution/generation.html", told)
