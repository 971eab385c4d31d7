"""Votes to take away, and to bring from another server."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.idempotency import idempotent
from mixing.transfer import PROBLEM, AnyAccept, file_responses
from tournaments.api.parsers import VoteFileParser
from tournaments.api.requests import person
from tournaments.exporting import KINDS, export_votes
from tournaments.importing import import_votes
from tournaments.membership import may_export
from tournaments.models import Tournament
from tournaments.refusals import NotOwner
from tournaments.serializers import TournamentDetailSerializer


class ExportView(APIView):
    """A tournament's votes as a file."""

    permission_classes = (IsAuthenticated,)
    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The votes, to take away",
        description="One row per vote, voters as pseudonyms. For the owner, and for everybody "
        "once a tournament that was open to everybody is over.",
        parameters=[OpenApiParameter("kind", enum=KINDS, default="csv")],
        responses=file_responses("text/csv", "application/json", "application/vnd.apache.parquet"),
    )
    def get(self, request: Request, tournament_id: UUID) -> HttpResponse:
        tournament = get_object_or_404(Tournament.objects.open_to(request.user), pk=tournament_id)
        if not may_export(tournament, request.user):
            raise NotOwner
        file = export_votes(tournament, request.query_params.get("kind", "csv"))
        return HttpResponse(
            file.body,
            content_type=file.content_type,
            headers={"Content-Disposition": f'attachment; filename="{file.file_name}"'},
        )


class ImportView(APIView):
    """An export of another server becomes a closed tournament here."""

    permission_classes = (IsAdminUser,)
    parser_classes = (VoteFileParser,)

    @extend_schema(
        summary="Bring votes from another server",
        description="For staff. The body is an export; the same file twice is one tournament.",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: TournamentDetailSerializer, 422: PROBLEM},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body = request.data if isinstance(request.data, bytes) else b""
        tournament = import_votes(owner=person(request), body=body)
        detail = TournamentDetailSerializer(tournament, context={"request": request})
        return Response(detail.data, status=201)
