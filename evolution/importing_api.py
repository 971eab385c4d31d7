"""The API of mixers from elsewhere."""

from typing import Any, cast

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.serializers import StrictSerializer
from evolution import importing
from mixing.serializers import MixerSerializer, ProblemSerializer


class ImportInput(StrictSerializer):
    """A mixer's file and what it shall be called."""

    file = serializers.FileField(allow_empty_file=True, max_length=300)
    name = serializers.CharField(max_length=200)
    sha256 = serializers.RegexField(
        r"^[0-9a-fA-F]{64}$",
        required=False,
        default="",
        help_text="The file's SHA-256, to be sure that it arrived as it was sent.",
    )
    community = serializers.BooleanField(
        default=False, help_text="For everybody, after a review. Administrators only."
    )


class ImportView(APIView):
    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]

    @extend_schema(
        summary="Bring a mixer",
        description=(
            "A safetensors or ONNX file of at most 1 MiB with the weights of a head for this "
            "server's encoder. It waits in quarantine until it has mixed three fixed songs "
            "without harm; then it is listed for you, or a candidate for everybody."
        ),
        request={"multipart/form-data": ImportInput},
        responses={
            201: MixerSerializer,
            409: ProblemSerializer,
            413: ProblemSerializer,
            415: ProblemSerializer,
            422: ProblemSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        given = ImportInput(data=request.data)
        given.is_valid(raise_exception=True)
        told: dict[str, Any] = given.validated_data
        mixer = importing.import_upload(
            chunks=told["file"].chunks(),
            name=told["name"],
            by=cast(User, request.user),
            sha256=told["sha256"],
            for_community=told["community"],
        )
        return Response(MixerSerializer(mixer).data, status=201)


urlpatterns = [path("imported-mixers", ImportView.as_view(), name="imported-mixers")]
