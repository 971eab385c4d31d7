"""The API of battles and votes. Nothing here names a side's mixer before the vote."""

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from mixing.streaming import range_response
from mixing.transfer import PROBLEM, AnyAccept, file_responses
from tournaments import clips, selectors, services
from tournaments.api.requests import checked, id_in, person
from tournaments.models import Battle, Vote
from tournaments.result_serializers import RevealSerializer
from tournaments.serializers import (
    BlindBattleSerializer,
    ChipsInput,
    HeardSerializer,
    ListeningInput,
    SkipInput,
    VoteInput,
    VoteSerializer,
)

# What listeners do every second or with every battle; the services fetch what more they need.
OFTEN = ("listening", "votes", "chips", "skip")


class BattleViewSet(viewsets.GenericViewSet[Battle]):
    """Battles assigned to you. Somebody else's do not exist for you."""

    serializer_class = BlindBattleSerializer
    permission_classes = (IsAuthenticated,)

    def get_queryset(self) -> QuerySet[Battle]:
        return selectors.battles_of(self.request.user)

    def get_object(self) -> Battle:
        if self.action not in OFTEN:
            return super().get_object()
        battle_id = id_in(self.kwargs["pk"])
        battle = selectors.own_battle(battle_id, person(self.request))
        if battle is None:
            raise Http404
        return battle

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
        told = checked(ListeningInput(data=request.data))
        battle.listening = services.record_listening(
            battle=battle, listener=person(request), **told
        )
        heard = selectors.blind_battle(battle, with_picture=False)
        return Response(HeardSerializer(heard).data)

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
        told = checked(VoteInput(data=request.data))
        vote, is_new = services.cast_vote(battle=battle, listener=person(request), **told)
        return Response(VoteSerializer(vote).data, status=201 if is_new else 200)

    @extend_schema(
        summary="Change your vote, until the round is over",
        description="The sides were revealed by then: the new vote says so.",
        request=VoteInput,
        responses={
            200: VoteSerializer,
            **dict.fromkeys((400, 404, 409, 410, 429), PROBLEM),
        },
    )
    @votes.mapping.put
    def change_vote(self, request: Request, pk: str) -> Response:
        battle = self.get_object()
        choice = checked(VoteInput(data=request.data))["choice"]
        vote = services.change_vote(battle=battle, listener=person(request), choice=choice)
        return Response(VoteSerializer(vote).data)

    @extend_schema(
        summary="Why, in single words",
        description="After the vote, if at all. The list replaces the one before.",
        request=ChipsInput,
        responses={200: VoteSerializer, 400: PROBLEM, 404: PROBLEM, 409: PROBLEM},
    )
    @action(detail=True, methods=["put"])
    def chips(self, request: Request, pk: str) -> Response:
        battle = self.get_object()
        chips = checked(ChipsInput(data=request.data))["chips"]
        vote = services.explain_vote(battle=battle, listener=person(request), chips=chips)
        return Response(VoteSerializer(vote).data)

    @extend_schema(
        summary="Hear another pair instead",
        description="A skip is not a vote.",
        request=SkipInput,
        responses={204: None, **dict.fromkeys((400, 404, 409, 410, 429), PROBLEM)},
    )
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        battle = self.get_object()
        reason = checked(SkipInput(data=request.data))["reason"]
        services.skip_battle(battle=battle, listener=person(request), reason=reason)
        return Response(status=204)

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
