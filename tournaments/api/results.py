"""Shared results, for anybody who has their token."""

from django.http import Http404, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mixing.storage import media_path
from mixing.streaming import range_response
from mixing.transfer import PROBLEM, AnyAccept, file_responses
from tournaments import selectors
from tournaments.models import Tournament
from tournaments.result_serializers import PublicResultSerializer


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
