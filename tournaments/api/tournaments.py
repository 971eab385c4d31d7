"""The API of tournaments: start, join, vote on, watch, and take away.

Every queryset starts from what the person may see; a domain refusal becomes an answer in
`config.problems`. Nothing here names a side's mixer before the vote.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from mixing import events
from mixing.transfer import PROBLEM
from tournaments import selectors, services, topic
from tournaments.api.founding import competitors, plan_of
from tournaments.api.requests import checked, id_in, person
from tournaments.board_serializers import (
    BracketSerializer,
    CompletionCodeSerializer,
    HeadToHeadSerializer,
    InsightsSerializer,
    ResultCardSerializer,
)
from tournaments.membership import openable
from tournaments.models import Tournament
from tournaments.refusals import HiddenWhileListening, NotFinished, NotOwner
from tournaments.result_serializers import (
    BattleStorySerializer,
    ResultSerializer,
    StandingSerializer,
)
from tournaments.serializers import (
    BlindBattleSerializer,
    JoinInput,
    LiveTournamentSerializer,
    NextBattleSerializer,
    ShareSerializer,
    TournamentDetailSerializer,
    TournamentInput,
    TournamentSerializer,
)
from tournaments.watching import is_blind


@extend_schema_view(list=extend_schema(summary="Your tournaments"))
class TournamentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Tournament]):
    serializer_class = TournamentSerializer
    permission_classes = (IsAuthenticated,)
    filterset_fields = ("song", "state")

    def get_queryset(self) -> QuerySet[Tournament]:
        if self.action == "list":
            return selectors.tournaments_of(self.request.user)
        return Tournament.objects.open_to(self.request.user).select_related("song", "owner")

    @extend_schema(
        summary="Start one",
        description="A song is enough: everything else has a default that is sensible for the "
        "format. Orders the mixes that are missing. A personal one that nobody voted in yet is "
        "returned instead of a second one like it.",
        request=TournamentInput,
        responses={201: TournamentDetailSerializer, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        wanted = checked(TournamentInput(data=request.data))
        tournament = services.create_tournament(
            owner=person(request), **competitors(request, wanted), plan=plan_of(wanted)
        )
        return Response(_detail(tournament, request), status=201)

    @extend_schema(
        summary="Open to everybody", responses=TournamentSerializer(many=True), filters=False
    )
    @action(detail=False, url_path="open", url_name="open")
    def open_to_everybody(self, request: Request) -> Response:
        found = Tournament.objects.filter(
            voters=Tournament.Voters.EVERYBODY, state=Tournament.State.OPEN
        ).select_related("song")
        page = self.paginate_queryset(found)
        return self.get_paginated_response(TournamentSerializer(page, many=True).data)

    @extend_schema(
        summary="Take part by a link",
        request=JoinInput,
        responses={200: TournamentDetailSerializer, 404: PROBLEM},
    )
    @action(detail=False, methods=["post"])
    def join(self, request: Request) -> Response:
        token = checked(JoinInput(data=request.data))["token"]
        tournament = services.join(token=token, listener=person(request))
        return Response(_detail(tournament, request))

    @extend_schema(
        summary="Start or continue one on a demo song",
        request=None,
        responses={200: TournamentDetailSerializer, 409: PROBLEM},
    )
    @action(detail=False, methods=["post"], url_path="try")
    def try_demo(self, request: Request) -> Response:
        return Response(_detail(services.try_demo(user=person(request)), request))

    @extend_schema(summary="A tournament and how far it is", responses=TournamentDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(_detail(self.get_object(), request))

    @extend_schema(summary="The battle to hear now", request=None, responses=NextBattleSerializer)
    @action(detail=True, methods=["post"], url_path="next", url_name="next")
    def next_battle(self, request: Request, pk: str) -> Response:
        tournament = openable(id_in(pk), person(request))
        if tournament is None:
            raise Http404
        battle = services.next_battle(tournament=tournament, listener=person(request))
        if battle is not None:
            answer = {"state": "battle", "battle": selectors.blind_battle(battle)}
        else:
            tournament.refresh_from_db()
            state = selectors.progress(tournament, person(request)).state
            # Nothing for this listener at the moment is a wait, whoever is waited for.
            state = "waiting" if state == "battle" else state
            answer = {"state": state, "battle": None}
        return Response(NextBattleSerializer(answer).data)

    @extend_schema(
        summary="Take back the vote just cast",
        request=None,
        responses={200: BlindBattleSerializer, 409: PROBLEM},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def undo(self, request: Request, pk: str) -> Response:
        battle = services.undo_vote(tournament=self.get_object(), listener=person(request))
        return Response(BlindBattleSerializer(selectors.blind_battle(battle)).data)

    @extend_schema(summary="End it early", request=None, responses=TournamentDetailSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        tournament = self.get_object()
        return Response(
            _detail(services.close_tournament(tournament=tournament, by=person(request)), request)
        )

    @extend_schema(
        summary="Strengths so far", responses=StandingSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None)
    def standings(self, request: Request, pk: str) -> Response:
        table = selectors.standings(self._seen())
        return Response(StandingSerializer(table, many=True).data)

    @extend_schema(
        summary="What each battle decided",
        responses=BattleStorySerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def story(self, request: Request, pk: str) -> Response:
        story = selectors.battle_story(self._seen())
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
        token = services.share(tournament=self.get_object(), by=person(request))
        return Response({"token": token})

    @extend_schema(summary="Stop sharing it", responses={204: None})
    @share.mapping.delete
    def unshare(self, request: Request, pk: str) -> Response:
        services.unshare(tournament=self.get_object(), by=person(request))
        return Response(status=204)

    @extend_schema(
        summary="Your choices beside the crowd's",
        description="What others chose is told once your session is finished.",
        responses=ResultCardSerializer,
    )
    @action(detail=True)
    def card(self, request: Request, pk: str) -> Response:
        card = selectors.result_card(self.get_object(), person(request))
        return Response(ResultCardSerializer(card).data)

    @extend_schema(
        summary="Your completion code",
        description="The same code each time; it can be used once.",
        request=None,
        responses={200: CompletionCodeSerializer, 409: PROBLEM},
    )
    @action(detail=True, methods=["post"], url_path="completion-code", url_name="completion-code")
    def completion_code(self, request: Request, pk: str) -> Response:
        code = services.completion_code(tournament=self.get_object(), listener=person(request))
        return Response({"code": code})

    @extend_schema(
        summary="Accept somebody's completion code, once",
        request=CompletionCodeSerializer,
        responses={204: None, 404: PROBLEM},
    )
    @action(detail=True, methods=["post"], url_path="use-code", url_name="use-code")
    @idempotent
    def use_code(self, request: Request, pk: str) -> Response:
        tournament = self._own()
        code = checked(CompletionCodeSerializer(data=request.data))["code"]
        services.use_code(tournament=tournament, code=code)
        return Response(status=204)

    @extend_schema(
        summary="Rounds, matches and places",
        description="Null for formats without rounds. Entries are numbers, in the order of "
        "`entries`.",
        responses={200: BracketSerializer, 409: PROBLEM},
    )
    @action(detail=True)
    def bracket(self, request: Request, pk: str) -> Response:
        bracket = selectors.bracket(self._seen())
        return Response(None if bracket is None else BracketSerializer(bracket).data)

    @extend_schema(
        summary="How far the table can be trusted",
        description="Null before the first vote.",
        responses={200: InsightsSerializer, 409: PROBLEM},
    )
    @action(detail=True)
    def insights(self, request: Request, pk: str) -> Response:
        found = selectors.insights(self._seen())
        return Response(None if found is None else InsightsSerializer(found).data)

    @extend_schema(
        summary="Who beat whom",
        responses={200: HeadToHeadSerializer(many=True), 409: PROBLEM},
        filters=False,
    )
    @action(detail=True, pagination_class=None, url_path="head-to-head", url_name="head-to-head")
    def head_to_head(self, request: Request, pk: str) -> Response:
        cells = selectors.head_to_head(self._seen())
        return Response(HeadToHeadSerializer(cells, many=True).data)

    @extend_schema(
        summary="What the live socket would tell now", responses=LiveTournamentSerializer
    )
    @action(detail=True)
    def live(self, request: Request, pk: str) -> Response:
        tournament = self.get_object()
        sequence = events.current_sequence(tournament.topic)
        data = topic.snapshot(tournament.pk)
        return Response({"topic": tournament.topic, "sequence": sequence, "data": data})

    def _own(self) -> Tournament:
        """Somebody else's does not exist for what only its owner may do. Raises NotOwner."""
        tournament = self.get_object()
        if tournament.owner_id != person(self.request).pk:
            raise NotOwner
        return tournament

    def _seen(self) -> Tournament:
        """For tables with names. Raises HiddenWhileListening: where others vote too, they would
        tell somebody who hears a battle now what they are hearing."""
        tournament = self.get_object()
        if not tournament.is_personal() and is_blind(tournament, self.request.user):
            raise HiddenWhileListening
        return tournament


def _detail(tournament: Tournament, request: Request) -> Any:
    """The tournament as the API shows one to this person."""
    return TournamentDetailSerializer(tournament, context={"request": request}).data
