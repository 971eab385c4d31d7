"""What every API of the product builds on."""

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Input that names something unknown or read-only is refused rather than ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - {field.field_name for field in self._writable_fields})
            if unknown:
                raise serializers.ValidationError(
                    {name: ["This cannot be set."] for name in unknown}, code="unknown_field"
                )
        return super().to_internal_value(data)
