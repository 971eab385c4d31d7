"""The API of songs, stems, uploads, mixes, mixers and exports.

Every queryset starts from what the person may see; a domain refusal becomes an answer in
`config.problems`.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.idempotency import idempotent
from mixing import access, events, selectors, services, song_topic, training_consent
from mixing.audio.parameters import table
from mixing.downloads import FORMATS, export_name, mix_title
from mixing.models import Export, Mix, Mixer, Song, Stem, Upload
from mixing.refusals import StemNotReady, UnknownMixer
from mixing.serializers import (
    ExportFormatSerializer,
    ExportInput,
    ExportSerializer,
    LiveSerializer,
    MixDetailSerializer,
    MixerSerializer,
    MixesInput,
    MixSerializer,
    ParameterSerializer,
    SongChange,
    SongInput,
    SongSerializer,
    StemDetailSerializer,
    StemInput,
    StemSerializer,
    UploadInput,
    UploadSerializer,
)
from mixing.storage import media_path
from mixing.streaming import range_response
from mixing.transfer import (
    CHUNK_HEADERS,
    CHUNK_TYPE,
    PROBLEM,
    AnyAccept,
    ChunkParser,
    chunk_of,
    file_responses,
)


def _checked(serializer: BaseSerializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


@extend_schema_view(
    list=extend_schema(summary="Your songs and the public ones"),
    retrieve=extend_schema(summary="A song"),
)
class SongViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Song]):
    serializer_class = SongSerializer

    def get_queryset(self) -> QuerySet[Song]:
        user = self.request.user
        songs: QuerySet[Song]
        if self.action == "list":
            songs = Song.objects.visible_to(user)
        elif self.action in ("partial_update", "destroy", "uploads"):
            songs = access.own_songs(user)
        else:
            songs = access.songs(user)
        return selectors.with_counts(songs)

    @extend_schema(summary="Bring a song", request=SongInput, responses={201: SongSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        texts = _checked(SongInput(data=request.data))
        return self._answer(services.create_song(owner=_person(request), **texts), 201)

    @extend_schema(
        summary="Change its texts, or whether mixers may learn from it",
        request=SongChange,
        responses=SongSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        song = self.get_object()
        changes = _checked(SongChange(data=request.data, partial=True))
        agreed = changes.pop("training_agreed", None)
        if agreed is not None:
            training_consent.settle(song=song, agreed=agreed)
        return self._answer(services.rename_song(song=song, **changes))

    @extend_schema(summary="Delete the song, its stems and mixes")
    def destroy(self, request: Request, pk: str) -> Response:
        services.delete_song(self.get_object())
        return Response(status=204)

    @extend_schema(summary="What the live socket would tell now", responses=LiveSerializer)
    @action(detail=True)
    def live(self, request: Request, pk: str) -> Response:
        song = self.get_object()
        sequence = events.current_sequence(song.topic)
        data = song_topic.snapshot(song.pk)
        return Response({"topic": song.topic, "sequence": sequence, "data": data})

    @extend_schema(
        summary="Announce a file",
        request=UploadInput,
        responses={201: UploadSerializer, 413: PROBLEM, 422: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def uploads(self, request: Request, pk: str) -> Response:
        song = self.get_object()
        upload = services.begin_upload(song=song, **_checked(UploadInput(data=request.data)))
        return Response(UploadSerializer(upload).data, status=201)

    @extend_schema(
        summary="Mix it",
        description="A preview and a full mix per mixer. Asking again gives the same mixes.",
        request=MixesInput,
        responses={200: MixSerializer(many=True), 409: PROBLEM, 422: PROBLEM},
        filters=False,
    )
    @action(
        detail=True, methods=["post"], permission_classes=[IsAuthenticated], pagination_class=None
    )
    @idempotent
    def mixes(self, request: Request, pk: str) -> Response:
        song = self.get_object()
        wanted = _checked(MixesInput(data=request.data)).get("mixers")
        mixers = None if wanted is None else _mixers(request, wanted)
        mixes = services.request_mixes(song=song, by=_person(request), mixers=mixers)
        context = self.get_serializer_context()
        return Response(MixSerializer(mixes, many=True, context=context).data)

    def _answer(self, song: Song, status: int = 200) -> Response:
        shown = selectors.with_counts(Song.objects.filter(pk=song.pk)).get()
        return Response(self.get_serializer(shown).data, status=status)


@extend_schema_view(
    list=extend_schema(summary="Stems of your songs"), retrieve=extend_schema(summary="A stem")
)
class StemViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Stem]):
    """Raw stems are for their owner alone."""

    permission_classes = (IsAuthenticated,)
    filterset_fields = ("song", "state")

    def get_queryset(self) -> QuerySet[Stem]:
        return access.own_stems(self.request.user)

    def get_serializer_class(self) -> type[StemSerializer]:
        return StemSerializer if self.action == "list" else StemDetailSerializer

    @extend_schema(
        summary="Correct its name or role", request=StemInput, responses=StemDetailSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        stem = self.get_object()
        changes = _checked(StemInput(data=request.data))
        if "name" in changes:
            services.rename_stem(stem=stem, name=changes["name"])
        if "role" in changes:
            services.set_role(stem=stem, role=changes["role"])
        return Response(self.get_serializer(stem).data)

    @extend_schema(summary="Remove it from the song")
    def destroy(self, request: Request, pk: str) -> Response:
        services.remove_stem(self.get_object())
        return Response(status=204)

    @extend_schema(summary="Its audio, as 24-bit FLAC", responses=file_responses("audio/flac"))
    @action(detail=True, content_negotiation_class=AnyAccept)
    def audio(self, request: Request, pk: str) -> HttpResponseBase:
        stem = self.get_object()
        if not stem.is_ready():
            raise StemNotReady
        path = media_path(stem.audio_file)
        return range_response(
            request._request, path, content_type="audio/flac", filename=f"{stem.name}.flac"
        )


@extend_schema_view(
    list=extend_schema(summary="Files on their way"),
    retrieve=extend_schema(summary="Where to go on"),
)
class UploadViewSet(
    mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Upload]
):
    """Resumable uploads: announce the file at its song, then send pieces of up to 8 MiB."""

    serializer_class = UploadSerializer
    permission_classes = (IsAuthenticated,)
    filterset_fields = ("song", "state")

    def get_queryset(self) -> QuerySet[Upload]:
        return access.own_uploads(self.request.user).order_by("created_at")

    def get_parsers(self) -> list[Any]:
        """Only pieces are raw; `action` is not known yet when parsers are chosen."""
        return [ChunkParser()] if self.request and self.request.method == "PATCH" else []

    @extend_schema(
        summary="Send a piece",
        parameters=CHUNK_HEADERS,
        request={CHUNK_TYPE: OpenApiTypes.BINARY},
        responses={200: UploadSerializer, 409: PROBLEM, 413: PROBLEM, 415: PROBLEM, 422: PROBLEM},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        upload = self.get_object()
        offset, chunk, sha256 = chunk_of(request)
        upload = services.receive_chunk(upload=upload, offset=offset, chunk=chunk, sha256=sha256)
        return Response(self.get_serializer(upload).data)

    @extend_schema(summary="Cancel it")
    def destroy(self, request: Request, pk: str) -> Response:
        services.cancel_upload(self.get_object())
        return Response(status=204)


@extend_schema_view(
    list=extend_schema(summary="Mixes of your songs and of public ones"),
    retrieve=extend_schema(summary="A mix, with settings and measurements"),
)
class MixViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Mix]):
    filterset_fields = ("song", "section", "state")

    def get_queryset(self) -> QuerySet[Mix]:
        user = self.request.user
        if self.action in ("cancel", "retry"):
            return access.own_mixes(user)
        return access.mixes(user).order_by("-created_at", "pk")

    def get_serializer_class(self) -> type[MixSerializer]:
        return MixSerializer if self.action == "list" else MixDetailSerializer

    @extend_schema(summary="Stop it", request=None, responses=MixDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(services.cancel_mix(self.get_object())).data)

    @extend_schema(summary="Try again after it failed", request=None, responses=MixDetailSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def retry(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(services.retry_mix(self.get_object())).data)

    @extend_schema(summary="Its audio, as 24-bit FLAC", responses=file_responses("audio/flac"))
    @action(detail=True, content_negotiation_class=AnyAccept)
    def audio(self, request: Request, pk: str) -> HttpResponseBase:
        mix = self.get_object()
        access.check_audible(mix, request.user)
        return range_response(
            request._request,
            media_path(mix.audio_file),
            content_type="audio/flac",
            filename=f"{mix_title(mix)}.flac",
        )

    @extend_schema(
        summary="Ask for a file to take away",
        request=ExportInput,
        responses={201: ExportSerializer, 403: PROBLEM, 409: PROBLEM, 422: PROBLEM},
    )
    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated])
    @idempotent
    def exports(self, request: Request, pk: str) -> Response:
        mix = self.get_object()
        access.check_audible(mix, request.user)
        kind = _checked(ExportInput(data=request.data))["kind"]
        access.check_takeable(mix, kind, request.user)
        export = services.request_export(mix=mix, kind=kind)
        return Response(ExportSerializer(export).data, status=201)


@extend_schema_view(
    list=extend_schema(summary="Mixers that mix for you"), retrieve=extend_schema(summary="A mixer")
)
class MixerViewSet(
    mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Mixer]
):
    serializer_class = MixerSerializer

    def get_queryset(self) -> QuerySet[Mixer]:
        return selectors.listed_mixers(self.request.user)


@extend_schema_view(retrieve=extend_schema(summary="A file being made or ready"))
class ExportViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet[Export]):
    serializer_class = ExportSerializer

    def get_queryset(self) -> QuerySet[Export]:
        return access.exports(self.request.user)

    @extend_schema(
        summary="What files this server can make",
        description="Opus and AAC need ffmpeg on the server; sessions are for a song's owner.",
        responses=ExportFormatSerializer(many=True),
        auth=[],
    )
    @action(detail=False, pagination_class=None, permission_classes=[AllowAny])
    def kinds(self, request: Request) -> Response:
        return Response(ExportFormatSerializer(list(Export.Kind), many=True).data)

    @extend_schema(
        summary="The file",
        responses=file_responses(*{kind.content_type for kind in FORMATS.values()}),
    )
    @action(detail=True, content_negotiation_class=AnyAccept)
    def file(self, request: Request, pk: str) -> HttpResponseBase:
        export = self.get_object()
        access.check_downloadable(export, request.user)
        return range_response(
            request._request,
            media_path(export.file),
            content_type=FORMATS[export.kind].content_type,
            filename=export_name(export),
            download=True,
        )


class ParametersView(APIView):
    """Every knob of the console, with its range and unit."""

    permission_classes = (AllowAny,)

    @extend_schema(
        summary="The console's parameters", responses=ParameterSerializer(many=True), auth=[]
    )
    def get(self, request: Request) -> Response:
        return Response(table())


def _person(request: Request) -> Any:
    """Who asks; only for views that require somebody."""
    return request.user


def _mixers(request: Request, wanted: list[Any]) -> list[Mixer]:
    mixers = list(selectors.listed_mixers(request.user).filter(pk__in=wanted))
    if len(mixers) < len(set(wanted)):
        raise UnknownMixer
    return mixers


router = SimpleRouter()
router.register("songs", SongViewSet, "song")
router.register("stems", StemViewSet, "stem")
router.register("uploads", UploadViewSet, "upload")
router.register("mixes", MixViewSet, "mix")
router.register("mixers", MixerViewSet, "mixer")
router.register("exports", ExportViewSet, "export")
urlpatterns = [*router.urls, path("parameters/", ParametersView.as_view(), name="parameters")]
