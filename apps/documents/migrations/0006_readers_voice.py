"""What readers say of a document, and how it is used by day."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("documents", "0005_reach"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="día")),
                (
                    "readers",
                    models.CharField(
                        choices=[("staff", "Personal"), ("customers", "Clientes")],
                        max_length=10,
                        verbose_name="quiénes",
                    ),
                ),
                ("readings", models.PositiveIntegerField(default=0, verbose_name="lecturas")),
                ("useful", models.PositiveIntegerField(default=0, verbose_name="les sirvió")),
                (
                    "not_useful",
                    models.PositiveIntegerField(default=0, verbose_name="no les sirvió"),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="daily_use",
                        to="documents.document",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("document", "readers", "on"), name="daily_use_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("part", models.CharField(blank=True, max_length=100, verbose_name="parte")),
                ("quote", models.CharField(blank=True, max_length=500, verbose_name="pasaje")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("unclear", "No se entiende"),
                            ("wrong", "Está equivocado"),
                            ("idea", "Tengo una idea"),
                        ],
                        max_length=10,
                        verbose_name="clase",
                    ),
                ),
                ("text", models.TextField(verbose_name="comentario")),
                ("is_private", models.BooleanField(default=False, verbose_name="privado")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="enviado el"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Por responder"),
                            ("accepted", "Aceptado"),
                            ("rejected", "No se aplicará"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="estado",
                    ),
                ),
                ("answer", models.TextField(blank=True, verbose_name="respuesta")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="respondido el"),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feedback",
                        to="documents.document",
                    ),
                ),
                (
                    "solved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="solves",
                        to="documents.version",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "comentario de lectura",
                "verbose_name_plural": "comentarios de lectura",
                "ordering": ["-created_at", "-pk"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        fields=["document", "-created_at", "-id"], name="feedback_of_document"
                    ),
                    models.Index(fields=["-created_at", "-id"], name="feedback_latest"),
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["document"],
                        name="feedback_unanswered",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answered_at", None), ("answered_by", None), ("state", "open")
                            ),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                models.Q(("answer", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="feedback_decided_is_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("solved_by", None), ("state", "accepted"), _connector="OR"
                        ),
                        name="feedback_solved_was_accepted",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("useful", models.BooleanField(verbose_name="le sirvió")),
                ("voted_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="votes",
                        to="documents.version",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("version", "person"), name="vote_once")
                ],
            },
        ),
    ]
