"""The API of taste, families and review. Taste is its owner's alone; review is for staff."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.idempotency import idempotent
from accounts.models import User
from evolution import selectors, services
from evolution.models import EvolutionRun, Generation
from evolution.serializers import (
    AdviceSerializer,
    ChangesInput,
    DecisionSerializer,
    GenerationSerializer,
    MyTasteSerializer,
    PromoteInput,
    ReasonInput,
    RerunSerializer,
    ReviewSerializer,
    RollBackInput,
    RuleInput,
    RuleSerializer,
    RunSerializer,
    SlotSerializer,
    StorySerializer,
    TasteInput,
    TreeSerializer,
    WorthSerializer,
)
from evolution.slots import CHAMPION, check_community_slot
from mixing import access
from mixing.models import Mix, Mixer
from mixing.serializers import MixDetailSerializer, MixSerializer
from mixing.transfer import PROBLEM, AnyAccept, file_responses

_SLOT = OpenApiParameter("slot", str, description="A community slot; champion when left out.")


def _checked(serializer: BaseSerializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _person(request: Request) -> User:
    """Who asks; every view that uses it requires somebody."""
    assert isinstance(request.user, User)
    return request.user


class TasteView(APIView):
    """My taste: what was learnt from my votes."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(summary="What the model believes you like", responses=MyTasteSerializer)
    def get(self, request: Request) -> Response:
        return Response(MyTasteSerializer(selectors.my_taste(_person(request))).data)

    @extend_schema(
        summary="Pause or continue learning", request=TasteInput, responses=MyTasteSerializer
    )
    def patch(self, request: Request) -> Response:
        change = services.pause_taste if _wants_pause(request) else services.resume_taste
        change(listener=_person(request))
        return self.get(request)

    @extend_schema(summary="Forget it all and learn nothing more", responses={204: None})
    def delete(self, request: Request) -> Response:
        services.delete_taste(listener=_person(request))
        return Response(status=204)


class TasteResetView(APIView):
    """Start again from the crowd."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        summary="Forget what was learnt and start again", request=None, responses=MyTasteSerializer
    )
    @idempotent
    def post(self, request: Request) -> Response:
        services.reset_taste(listener=_person(request))
        return Response(MyTasteSerializer(selectors.my_taste(_person(request))).data)


class TasteExportView(APIView):
    """Settings, model and weights to take away."""

    permission_classes = (IsAuthenticated,)
    content_negotiation_class = AnyAccept

    @extend_schema(summary="Take it away, as zip", responses=file_responses("application/zip"))
    def get(self, request: Request) -> HttpResponse:
        response = HttpResponse(
            services.export_taste(_person(request)), content_type="application/zip"
        )
        response["Content-Disposition"] = 'attachment; filename="my-taste.zip"'
        response["Cache-Control"] = "no-store"
        return response


class TasteBreedView(APIView):
    """A generation without waiting for more votes."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        summary="Breed my next generation now", request=None, responses={202: None, 409: PROBLEM}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        services.breed_now(listener=_person(request))
        return Response(status=202)


class AdviceView(APIView):
    """What your taste would change of a mix, and how that sounds."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        summary="Suggested console changes for a mix",
        responses={200: AdviceSerializer, 409: PROBLEM},
    )
    def get(self, request: Request, mix_id: str) -> Response:
        mix = self._mix(request, mix_id)
        return Response(AdviceSerializer(selectors.advice_for(mix, _person(request))).data)

    @extend_schema(
        summary="Order the preview with such changes",
        request=ChangesInput,
        responses={201: MixDetailSerializer, 403: PROBLEM, 409: PROBLEM, 422: PROBLEM},
    )
    @idempotent
    def post(self, request: Request, mix_id: str) -> Response:
        mix = self._mix(request, mix_id)
        changes = _checked(ChangesInput(data=request.data))["changes"]
        preview = services.preview_of(mix, _person(request), changes)
        context = {"request": request}
        return Response(MixDetailSerializer(preview, context=context).data, status=201)

    def _mix(self, request: Request, mix_id: str) -> Mix:
        mix = get_object_or_404(access.mixes(request.user), pk=mix_id)
        access.check_audible(mix, request.user)
        return mix


@extend_schema_view(
    list=extend_schema(summary="Populations: the community's, and yours"),
    retrieve=extend_schema(summary="A population"),
)
class RunViewSet(
    mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[EvolutionRun]
):
    serializer_class = RunSerializer
    permission_classes = (AllowAny,)

    def get_queryset(self) -> QuerySet[EvolutionRun]:
        return selectors.runs(self.request.user).order_by("scope")

    @extend_schema(summary="Who was bred from whom", responses=TreeSerializer)
    @action(detail=True)
    def tree(self, request: Request, pk: str) -> Response:
        return Response(TreeSerializer(selectors.tree(self.get_object())).data)


@extend_schema_view(
    list=extend_schema(summary="Generations, the latest first"),
    retrieve=extend_schema(
        summary="A generation's story: what changed and what the votes said",
        responses=StorySerializer,
    ),
)
class GenerationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Generation]):
    serializer_class = GenerationSerializer
    permission_classes = (AllowAny,)
    filterset_fields = ("run", "state")

    def get_queryset(self) -> QuerySet[Generation]:
        if self.action == "rerun":
            return Generation.objects.select_related("run", "taste")
        return selectors.generations(self.request.user)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(StorySerializer(selectors.story(self.get_object())).data)

    @extend_schema(
        summary="Breed it again from its seed and compare",
        request=None,
        responses={200: RerunSerializer, 409: PROBLEM},
    )
    @action(detail=True, methods=["post"], permission_classes=[IsAdminUser])
    def rerun(self, request: Request, pk: str) -> Response:
        again = services.rerun_generation(generation=self.get_object())
        return Response(RerunSerializer(again).data)


class ReviewViewSet(viewsets.GenericViewSet[Mixer]):
    """Candidates with their evidence, and decisions about them."""

    serializer_class = ReviewSerializer
    permission_classes = (IsAdminUser,)
    pagination_class = None
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Mixer]:
        return Mixer.objects.filter(owner=None)

    @extend_schema(
        summary="Candidates for a slot, the likeliest first",
        parameters=[_SLOT],
        responses=ReviewSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        queue = selectors.review_queue(_slot(request))
        return Response(ReviewSerializer(queue, many=True).data)

    @extend_schema(summary="The evidence about a mixer", parameters=[_SLOT])
    def retrieve(self, request: Request, pk: str) -> Response:
        found = selectors.review(self.get_object(), _slot(request))
        return Response(ReviewSerializer(found).data)

    @extend_schema(
        summary="Give it a community slot",
        request=PromoteInput,
        responses={200: DecisionSerializer, 409: PROBLEM, 422: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def promote(self, request: Request, pk: str) -> Response:
        wanted = _checked(PromoteInput(data=request.data))
        return _decided(
            services.promote_mixer(mixer=self.get_object(), by=_person(request), **wanted)
        )

    @extend_schema(
        summary="Turn a candidate down",
        request=ReasonInput,
        responses={200: DecisionSerializer, 409: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, pk: str) -> Response:
        reason = _checked(ReasonInput(data=request.data))
        return _decided(
            services.reject_mixer(mixer=self.get_object(), by=_person(request), **reason)
        )

    @extend_schema(
        summary="Stop a mixer that does harm",
        request=ReasonInput,
        responses={200: DecisionSerializer, 409: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def quarantine(self, request: Request, pk: str) -> Response:
        reason = _checked(ReasonInput(data=request.data))
        return _decided(
            services.quarantine_mixer(mixer=self.get_object(), by=_person(request), **reason)
        )

    @extend_schema(
        summary="Take a mixer off the list",
        request=ReasonInput,
        responses={200: DecisionSerializer, 409: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def retire(self, request: Request, pk: str) -> Response:
        reason = _checked(ReasonInput(data=request.data))
        return _decided(
            services.retire_mixer(mixer=self.get_object(), by=_person(request), **reason)
        )

    @extend_schema(
        summary="Order listening copies of it and of the incumbent",
        request=None,
        responses={200: MixSerializer(many=True), 429: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def audition(self, request: Request, pk: str) -> Response:
        mixes = services.audition(mixer=self.get_object(), by=_person(request))
        context = {"request": request}
        return Response(MixSerializer(mixes, many=True, context=context).data)


class SlotViewSet(viewsets.ViewSet):
    """The community's places and who holds them."""

    permission_classes = (IsAdminUser,)

    @extend_schema(
        summary="The community's slots", responses=SlotSerializer(many=True), operation_id="slots"
    )
    def list(self, request: Request) -> Response:
        return Response(SlotSerializer(selectors.community_slots(), many=True).data)

    @extend_schema(
        summary="Give a slot back to whom it had before",
        request=RollBackInput,
        responses={200: DecisionSerializer, 409: PROBLEM, 422: PROBLEM},
    )
    @action(detail=False, methods=["post"])
    @idempotent
    def rollback(self, request: Request) -> Response:
        wanted = _checked(RollBackInput(data=request.data))
        return _decided(services.roll_back_slot(by=_person(request), **wanted))

    @extend_schema(
        summary="Let a slot move by itself when fresh votes say so",
        request=RuleInput,
        responses={200: RuleSerializer, 422: PROBLEM},
    )
    @action(detail=False, methods=["put"])
    def rule(self, request: Request) -> Response:
        wanted = _checked(RuleInput(data=request.data))
        return Response(RuleSerializer(services.set_rule(by=_person(request), **wanted)).data)

    @extend_schema(
        summary="Decisions about community mixers, the latest first",
        parameters=[OpenApiParameter("slot", OpenApiTypes.STR, description="Only of this slot.")],
        responses=DecisionSerializer(many=True),
    )
    @action(detail=False)
    def decisions(self, request: Request) -> Response:
        trail = selectors.decisions(request.query_params.get("slot", ""))
        return Response(DecisionSerializer(trail, many=True).data)

    @extend_schema(
        summary="What personal mixers are worth: the hold-back", responses=WorthSerializer
    )
    @action(detail=False)
    def worth(self, request: Request) -> Response:
        return Response(WorthSerializer(selectors.worth()).data)


def _wants_pause(request: Request) -> bool:
    return bool(_checked(TasteInput(data=request.data))["paused"])


def _slot(request: Request) -> str:
    """Raises BadSlot."""
    slot = request.query_params.get("slot", CHAMPION)
    check_community_slot(slot)
    return slot


def _decided(decision: Any) -> Response:
    return Response(DecisionSerializer(decision).data)


router = SimpleRouter()
router.register("evolution/runs", RunViewSet, "run")
router.register("evolution/generations", GenerationViewSet, "generation")
router.register("evolution/review", ReviewViewSet, "review")
router.register("evolution/slots", SlotViewSet, "slot")
urlpatterns = [
    path("taste/", TasteView.as_view(), name="taste"),
    path("taste/reset/", TasteResetView.as_view(), name="taste-reset"),
    path("taste/export/", TasteExportView.as_view(), name="taste-export"),
    path("taste/breed/", TasteBreedView.as_view(), name="taste-breed"),
    path("taste/advice/<uuid:mix_id>/", AdviceView.as_view(), name="taste-advice"),
    *router.urls,
]
