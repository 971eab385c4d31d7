"""The API of presets and of mixes by hand."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer

from accounts.idempotency import idempotent
from mixing import console_access, hand_mixing, own_presets, selectors
from mixing.hand_serializers import (
    HandMixInput,
    HandMixName,
    HandMixSerializer,
    PresetInput,
    PresetSerializer,
)
from mixing.models import HandMix, Mixer, Preset
from mixing.presets.built_in import BUILT_IN
from mixing.refusals import UnknownMixer
from mixing.transfer import PROBLEM


class PresetViewSet(viewsets.GenericViewSet[Preset]):
    """Built-in presets are everybody's to read, saved ones their owner's alone."""

    serializer_class = PresetSerializer
    permission_classes = (IsAuthenticatedOrReadOnly,)
    pagination_class = None
    queryset = Preset.objects.none()

    @extend_schema(summary="Your presets and the built-in ones", filters=False)
    def list(self, request: Request) -> Response:
        presets = [*console_access.presets(request.user), *BUILT_IN]
        return Response(PresetSerializer(presets, many=True).data)

    @extend_schema(summary="A preset")
    def retrieve(self, request: Request, pk: str) -> Response:
        built_in = next((preset for preset in BUILT_IN if preset.slug == pk), None)
        return Response(PresetSerializer(built_in or self._own(request, pk)).data)

    @extend_schema(
        summary="Save a preset",
        request=PresetInput,
        responses={201: PresetSerializer, 409: PROBLEM, 422: PROBLEM},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        wanted = _checked(PresetInput(data=request.data))
        preset = own_presets.save_preset(owner=_person(request), **wanted)
        return Response(PresetSerializer(preset).data, status=201)

    @extend_schema(
        summary="Rename or change it",
        request=PresetInput,
        responses={200: PresetSerializer, 409: PROBLEM, 422: PROBLEM},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        preset = self._own(request, pk)
        changes = _checked(PresetInput(data=request.data, partial=True))
        return Response(PresetSerializer(own_presets.change_preset(preset=preset, **changes)).data)

    @extend_schema(summary="Delete it")
    def destroy(self, request: Request, pk: str) -> Response:
        own_presets.remove_preset(self._own(request, pk))
        return Response(status=204)

    def _own(self, request: Request, pk: str) -> Preset:
        try:
            wanted = UUID(pk)
        except ValueError:
            raise Http404 from None
        return get_object_or_404(console_access.presets(request.user), pk=wanted)


@extend_schema_view(
    list=extend_schema(summary="Mixes that you made by hand"),
    retrieve=extend_schema(summary="A mix by hand"),
)
class HandMixViewSet(
    mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[HandMix]
):
    serializer_class = HandMixSerializer
    permission_classes = (IsAuthenticated,)

    def get_queryset(self) -> QuerySet[HandMix]:
        return console_access.hand_mixes(self.request.user)

    @extend_schema(
        summary="Render your settings",
        description="A preview and a full mix. The same settings again give the same mixes.",
        request=HandMixInput,
        responses={201: HandMixSerializer, 403: PROBLEM, 409: PROBLEM, 422: PROBLEM},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        wanted = _checked(HandMixInput(data=request.data))
        song = get_object_or_404(console_access.songs(request.user), pk=wanted.pop("song"))
        console_access.check_open(song, request.user)
        mixer = _mixer(request, wanted.pop("mixer", None))
        made = hand_mixing.request_hand_mix(song=song, by=_person(request), mixer=mixer, **wanted)
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(summary="Rename it", request=HandMixName, responses=HandMixSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        name = _checked(HandMixName(data=request.data))["name"]
        made = hand_mixing.rename_hand_mix(hand_mix=self.get_object(), name=name)
        return Response(self.get_serializer(made).data)

    @extend_schema(summary="No longer list it as yours")
    def destroy(self, request: Request, pk: str) -> Response:
        hand_mixing.remove_hand_mix(self.get_object())
        return Response(status=204)


def _checked(serializer: BaseSerializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _person(request: Request) -> Any:
    """Who asks; only for views that require somebody."""
    return request.user


def _mixer(request: Request, wanted: UUID | None) -> Mixer | None:
    if wanted is None:
        return None
    mixer = selectors.listed_mixers(request.user).filter(pk=wanted).first()
    if mixer is None:
        raise UnknownMixer
    return mixer


router = SimpleRouter()
router.register("presets", PresetViewSet, "preset")
router.register("hand-mixes", HandMixViewSet, "hand-mix")
urlpatterns = router.urls
