"""The API of leaderboards, and of what is known of a mixer and of a listener."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mixing import access
from mixing import selectors as mixing_selectors
from mixing.transfer import PROBLEM
from tournaments import selectors, services
from tournaments.api.requests import checked, person
from tournaments.board_serializers import (
    BoardSerializer,
    GenresSerializer,
    ListenerRecordSerializer,
    MixerRecordSerializer,
    RecordingInput,
    RecordingSerializer,
)
from tournaments.models import Vote


class LeaderboardView(APIView):
    """Mixers across all tournaments, by the lower end of their interval."""

    permission_classes = (AllowAny,)

    @extend_schema(
        summary="Leaderboard",
        parameters=[
            OpenApiParameter("genre", description="Empty: all music."),
            OpenApiParameter(
                "device",
                enum=Vote.Device.values,
                description="Votes of people who said that they listen with it. Empty: all votes.",
            ),
        ],
        responses=BoardSerializer,
        auth=[],
    )
    def get(self, request: Request) -> Response:
        genre, device = (
            request.query_params.get(name, "").replace("\0", "")[:60]
            for name in ("genre", "device")
        )
        board = selectors.leaderboard(genre=genre, device=device)
        return Response(BoardSerializer(board).data)


class GenresView(APIView):
    """Genres that have a leaderboard."""

    permission_classes = (AllowAny,)

    @extend_schema(summary="Genres with a leaderboard", responses=GenresSerializer, auth=[])
    def get(self, request: Request) -> Response:
        return Response({"genres": selectors.genres()})


class MixerRecordView(APIView):
    """A mixer's results."""

    permission_classes = (AllowAny,)

    @extend_schema(summary="A mixer's record", responses=MixerRecordSerializer, auth=[])
    def get(self, request: Request, mixer_id: str) -> Response:
        mixer = get_object_or_404(mixing_selectors.listed_mixers(request.user), pk=mixer_id)
        record = selectors.mixer_record(mixer, request.user)
        return Response(MixerRecordSerializer(record).data)


class ListenerRecordView(APIView):
    """Your own listening."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(summary="Your record as a listener", responses=ListenerRecordSerializer)
    def get(self, request: Request) -> Response:
        record = selectors.listener_record(person(request))
        return Response(ListenerRecordSerializer(record).data)


class RecordingView(APIView):
    """People's own mixes, to compete unnamed."""

    permission_classes = (IsAuthenticated,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        summary="Bring your own mix of a song",
        description="As long as the song (5 s more or less are cut or filled with silence). The "
        "same file again is the same recording. Then name it in `human_mixes` of a tournament.",
        request={"multipart/form-data": RecordingInput},
        responses={
            201: RecordingSerializer,
            **dict.fromkeys((400, 404, 409, 422), PROBLEM),
        },
    )
    def post(self, request: Request) -> Response:
        told = checked(RecordingInput(data=request.data))
        song = get_object_or_404(access.songs(request.user), pk=told["song"])
        recording = services.bring_human_mix(
            owner=person(request), song=song, file=told["file"].file
        )
        return Response(RecordingSerializer(recording).data, status=201)
