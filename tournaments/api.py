"""The API of tournaments, battles and votes.

Every queryset starts from what the person may see; a domain refusal becomes an answer in
`config.problems`. Nothing here names a side's mixer before the vote.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
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
from accounts.models import User
from mixing import access, events
from mixing.storage import media_path
from mixing.streaming import range_response
from mixing.transfer import PROBLEM, AnyAccept, file_responses
from tournaments import clips, selectors, services, topic
from tournaments.models import Battle, Tournament, Vote
from tournaments.refusals import NotFinished
from tournaments.serializers import (
    BattleStorySerializer,
    BlindBattleSerializer,
    HeardSerializer,
    ListeningInput,
    LiveTournamentSerializer,
    NextBattleSerializer,
    PublicResultSerializer,
    ResultSerializer,
    RevealSerializer,
    ShareSerializer,
    StandingSerializer,
    TournamentDetailSerializer,
    TournamentInput,
    TournamentSerializer,
    VoteInput,
    VoteSerializer,
)


def _checked(serializer: BaseSerializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _person(request: Request) -> User:
    """Who asks; every view here but the public result requires somebody."""
    assert isinstance(request.user, User)
    return request.user


@extend_schema_view(list=extend_schema(summary="Your tournaments"))
class TournamentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Tournament]):
    serializer_class = TournamentSerializer
    permission_classes = (IsAuthenticated,)
    filterset_fields = ("song", "state")

    def get_queryset(self) -> QuerySet[Tournament]:
        return selectors.tournaments_of(self.request.user)

    @extend_schema(
        summary="Start one on a song",
        description="Orders the mixes that are missing. One that nobody voted in yet is returned "
        "instead of a second one like it.",
        request=TournamentInput,
        responses={201: TournamentDetailSerializer, 404: PROBLEM, 409: PROBLEM},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        wanted = _checked(TournamentInput(data=request.data))
        song = get_object_or_404(access.songs(request.user), pk=wanted["song"])
        tournament = services.start_tournament(
            owner=_person(request), song=song, battle_budget=wanted["battle_budget"]
        )
        return Response(_detail(tournament), status=201)

    @extend_schema(
        summary="Start or continue one on a demo song",
        request=None,
        responses={200: TournamentDetailSerializer, 409: PROBLEM},
    )
    @action(detail=False, methods=["post"], url_path="try")
    def try_demo(self, request: Request) -> Response:
        return Response(_detail(services.try_demo(user=_person(request))))

    @extend_schema(summary="A tournament and how far it is", responses=TournamentDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(_detail(self.get_object()))

    @extend_schema(summary="The battle to hear now", request=None, responses=NextBattleSerializer)
    @action(detail=True, methods=["post"], url_path="next", url_name="next")
    def next_battle(self, request: Request, pk: str) -> Response:
        tournament = self.get_object()
        battle = services.next_battle(tournament=tournament, listener=_person(request))
        if battle is not None:
            answer = {"state": "battle", "battle": selectors.blind_battle(battle)}
        else:
            tournament.refresh_from_db()
            answer = {"state": selectors.progress(tournament).state, "battle": None}
        return Response(NextBattleSerializer(answer).data)

    @extend_schema(
        summary="Take back the vote just cast",
        request=None,
        responses={200: BlindBattleSerializer, 409: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        battle = services.undo_vote(tournament=self.get_object(), listener=_person(request))
        return Response(BlindBattleSerializer(selectors.blind_battle(battle)).data)

    @extend_schema(summary="End it early", request=None, responses=TournamentDetailSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        tournament = self.get_object()
        return Response(
            _detail(services.close_tournament(tournament=tournament, by=_person(request)))
        )

    @extend_schema(
        summary="Strengths so far", responses=StandingSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None)
    def standings(self, request: Request, pk: str) -> Response:
        table = selectors.standings(self.get_object())
        return Response(StandingSerializer(table, many=True).data)

    @extend_schema(
        summary="What each battle decided",
        responses=BattleStorySerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def story(self, request: Request, pk: str) -> Response:
        story = selectors.battle_story(self.get_object())
        return Response(BattleStorySerializer(story, many=True).data)

    @extend_schema(
        summary="Champion, standings and story", responses={200: ResultSerializer, 409: PROBLEM}
    )
    @action(detail=True)
    def result(self, request: Request, pk: str) -> Response:
        tournament = self.get_object()
        if tournament.is_open():
            raise NotFinished
        return Response(ResultSerializer(selectors.result(tournament)).data)

    @extend_schema(
        summary="Share the result",
        request=None,
        responses={200: ShareSerializer, 409: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        token = services.share(tournament=self.get_object(), by=_person(request))
        return Response({"token": token})

    @extend_schema(summary="Stop sharing it", responses={204: None})
    @share.mapping.delete
    def unshare(self, request: Request, pk: str) -> Response:
        services.unshare(tournament=self.get_object(), by=_person(request))
        return Response(status=204)

    @extend_schema(
        summary="What the live socket would tell now", responses=LiveTournamentSerializer
    )
    @action(detail=True)
    def live(self, request: Request, pk: str) -> Response:
        tournament = self.get_object()
        sequence = events.current_sequence(tournament.topic)
        data = topic.snapshot(tournament.pk)
        return Response({"topic": tournament.topic, "sequence": sequence, "data": data})


class BattleViewSet(viewsets.GenericViewSet[Battle]):
    """Battles assigned to you. Somebody else's do not exist for you."""

    serializer_class = BlindBattleSerializer
    permission_classes = (IsAuthenticated,)

    def get_queryset(self) -> QuerySet[Battle]:
        return selectors.battles_of(self.request.user)

    @extend_schema(summary="A battle, blind", responses=BlindBattleSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        battle = selectors.blind_battle(self.get_object())
        return Response(BlindBattleSerializer(battle).data)

    @extend_schema(
        summary="The audio of a side, as 16-bit WAV",
        description="Both sides have the same length, size and loudness.",
        responses=file_responses("audio/wav"),
    )
    @action(
        detail=True,
        url_path="audio/(?P<side>[ab])",
        content_negotiation_class=AnyAccept,
    )
    def audio(self, request: Request, pk: str, side: str) -> HttpResponseBase:
        path = clips.clip_path(self.get_object(), side)
        return range_response(request._request, path, content_type="audio/wav", cache="no-store")

    @extend_schema(
        summary="Tell what the player does",
        request=ListeningInput,
        responses={200: HeardSerializer, 400: PROBLEM, 404: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    def listening(self, request: Request, pk: str) -> Response:
        battle = self.get_object()
        told = _checked(ListeningInput(data=request.data))
        battle.listening = services.record_listening(
            battle=battle, listener=_person(request), **told
        )
        return Response(HeardSerializer(selectors.blind_battle(battle)).data)

    @extend_schema(
        summary="Vote",
        description="The same vote again is the same vote (200); another choice is refused.",
        request=VoteInput,
        responses={
            201: VoteSerializer,
            200: VoteSerializer,
            **dict.fromkeys((400, 404, 409, 410, 422, 429), PROBLEM),
        },
    )
    @action(detail=True, methods=["post"])
    def votes(self, request: Request, pk: str) -> Response:
        battle = self.get_object()
        choice = _checked(VoteInput(data=request.data))["choice"]
        vote, is_new = services.cast_vote(battle=battle, listener=_person(request), choice=choice)
        return Response(VoteSerializer(vote).data, status=201 if is_new else 200)

    @extend_schema(
        summary="Who was behind the sides, after the vote",
        responses={200: RevealSerializer, 409: PROBLEM},
    )
    @action(detail=True)
    def reveal(self, request: Request, pk: str) -> Response:
        return Response(RevealSerializer(selectors.reveal(self.get_object())).data)


@extend_schema_view(
    list=extend_schema(summary="Your votes"), retrieve=extend_schema(summary="A vote of yours")
)
class VoteViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Vote]):
    serializer_class = VoteSerializer
    permission_classes = (IsAuthenticated,)
    filterset_fields = ("battle__tournament", "choice")

    def get_queryset(self) -> QuerySet[Vote]:
        return selectors.votes_of(self.request.user)


class PublicResultView(APIView):
    """A shared result, for anybody who has its token."""

    permission_classes = (AllowAny,)

    @extend_schema(
        summary="A shared result", responses={200: PublicResultSerializer, 404: PROBLEM}, auth=[]
    )
    def get(self, request: Request, token: str) -> Response:
        try:
            result = selectors.public_result(token)
        except Tournament.DoesNotExist:
            raise Http404 from None
        return Response(PublicResultSerializer(result).data)


class PublicAudioView(APIView):
    """The champion's full mix of a shared result."""

    permission_classes = (AllowAny,)
    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The champion mix of a shared result",
        responses=file_responses("audio/flac"),
        auth=[],
    )
    def get(self, request: Request, token: str) -> HttpResponseBase:
        try:
            champion = selectors.shared_champion(token)
        except Tournament.DoesNotExist:
            raise Http404 from None
        if champion is None or not champion.audio_file:
            raise Http404
        return range_response(
            request._request, media_path(champion.audio_file), content_type="audio/flac"
        )


def _detail(tournament: Tournament) -> Any:
    """The tournament as the API shows one."""
    return TournamentDetailSerializer(tournament).data


router = SimpleRouter()
router.register("tournaments", TournamentViewSet, "tournament")
router.register("battles", BattleViewSet, "battle")
router.register("votes", VoteViewSet, "vote")
urlpatterns = [
    *router.urls,
    path("results/<str:token>/", PublicResultView.as_view(), name="result"),
    path("results/<str:token>/audio/", PublicAudioView.as_view(), name="result-audio"),
]
