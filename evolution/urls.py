"""Pages about taste, lineage and review."""

from django.urls import path

from evolution.views import advice, families, review, taste

app_name = "evolution"
urlpatterns = [
    path("taste/", taste.taste, name="taste"),
    path("taste/teach/", taste.teach, name="teach"),
    path("taste/pause/", taste.pause, name="pause"),
    path("taste/forget/", taste.forget, name="forget"),
    path("taste/reset/", taste.reset, name="reset"),
    path("taste/delete/", taste.delete, name="delete"),
    path("taste/export/", taste.export, name="export"),
    path("taste/mixers/", taste.bring_mixer, name="bring-mixer"),
    path("mixes/<uuid:mix_id>/suggestions/", advice.advice, name="advice"),
    path("mixes/<uuid:mix_id>/suggestions/hear/", advice.hear, name="hear"),
    path("families/", families.families, name="families"),
    path("families/<uuid:run_id>/", families.family, name="family"),
    path("generations/<uuid:generation_id>/", families.generation, name="generation"),
    path("generations/<uuid:generation_id>/rerun/", review.rerun, name="rerun"),
    path("review/", review.queue, name="review"),
    path("review/roll-back/", review.roll_back, name="roll-back"),
    path("review/rule/", review.set_rule, name="rule"),
    path("review/mixers/", review.bring_mixer, name="review-bring"),
    path("review/mixers/<uuid:mixer_id>/decide/", review.decide, name="decide"),
    path("review/mixers/<uuid:mixer_id>/audition/", review.audition, name="audition"),
]
