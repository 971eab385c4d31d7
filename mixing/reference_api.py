"""The API of reference matching."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer

from accounts.serializers import StrictSerializer
from mixing import access, blindness, reference_matching
from mixing.models import ReferenceMatch
from mixing.transfer import PROBLEM


class ProfileSerializer(serializers.Serializer[Any]):
    """How a track sounds: third octaves from 25 Hz to 20 kHz in dB of the whole, and loudness."""

    third_octaves_db = serializers.ListField(child=serializers.FloatField())
    lufs = serializers.FloatField()
    momentary_max_lufs = serializers.FloatField()


class ReferenceMatchSerializer(serializers.ModelSerializer[ReferenceMatch]):
    """A mix brought nearer to a reference; `matched` is the adjusted mix, a job like any."""

    reference = ProfileSerializer(read_only=True)
    before = ProfileSerializer(read_only=True)
    predicted_db = serializers.ListField(child=serializers.FloatField(), read_only=True)
    matched_url = serializers.SerializerMethodField()

    class Meta:
        model = ReferenceMatch
        fields = (
            "id", "mix", "matched", "matched_url", "name", "amount", "reference", "before",
            "predicted_db", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_matched_url(self, match: ReferenceMatch) -> str:
        return reverse("mix-detail", args=[match.matched_id])


class AmountInput(StrictSerializer):
    amount = serializers.IntegerField(
        min_value=0, max_value=100, help_text="Percent of the way to the reference."
    )


class ReferenceMatchInput(AmountInput):
    mix = serializers.UUIDField()
    file = serializers.FileField(allow_empty_file=True, max_length=300)


@extend_schema_view(
    list=extend_schema(summary="What you matched to references"),
    retrieve=extend_schema(summary="A reference match, with curves"),
)
class ReferenceMatchViewSet(
    mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[ReferenceMatch]
):
    serializer_class = ReferenceMatchSerializer
    queryset = ReferenceMatch.objects.none()
    permission_classes = (IsAuthenticated,)
    parser_classes = (JSONParser, MultiPartParser)
    filterset_fields = ("mix",)

    def get_queryset(self) -> QuerySet[ReferenceMatch]:
        """Without those of songs that the person judges blind: curves tell mixes apart."""
        matches = access.reference_matches(self.request.user)
        songs = set(matches.order_by().values_list("mix__song_id", flat=True))
        return matches.exclude(mix__song__in=blindness.blind_songs(self.request.user, songs))

    @extend_schema(
        summary="Bring a mix nearer to a reference track",
        description="The file is measured and removed at once; only its figures are kept.",
        request={"multipart/form-data": ReferenceMatchInput},
        responses={
            201: ReferenceMatchSerializer,
            409: PROBLEM,
            413: PROBLEM,
            415: PROBLEM,
            422: PROBLEM,
        },
    )
    def create(self, request: Request) -> Response:
        wanted = _checked(ReferenceMatchInput(data=request.data))
        mix = get_object_or_404(access.mixes(request.user), pk=wanted["mix"])
        access.check_audible(mix, request.user)
        person: Any = request.user
        file = wanted["file"]
        match = reference_matching.match_reference(
            mix=mix, by=person, file=file, name=file.name, amount=wanted["amount"]
        )
        return Response(self.get_serializer(match).data, status=201)

    @extend_schema(
        summary="Another amount",
        description="The same reference followed further or less far: another match.",
        request=AmountInput,
        responses={200: ReferenceMatchSerializer, 409: PROBLEM},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        match = self.get_object()
        access.check_audible(match.mix, request.user)
        person: Any = request.user
        amount = _checked(AmountInput(data=request.data))["amount"]
        again = reference_matching.change_amount(match=match, by=person, amount=amount)
        return Response(self.get_serializer(again).data)


def _checked(serializer: BaseSerializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


router = SimpleRouter()
router.register("reference-matches", ReferenceMatchViewSet, "reference-match")
urlpatterns = router.urls
