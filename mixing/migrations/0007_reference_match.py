import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mixing", "0006_training_consent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReferenceMatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("amount", models.PositiveSmallIntegerField()),
                ("reference", models.JSONField()),
                ("before", models.JSONField()),
                ("predicted_db", models.JSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "matched",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="mixing.mix",
                    ),
                ),
                (
                    "mix",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="matches",
                        to="mixing.mix",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reference_matches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "reference matches",
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        fields=["owner", "mix", "-created_at"],
                        name="mixing_refe_owner_i_f1f2b1_idx",
                    )
                ],
            },
        ),
    ]
