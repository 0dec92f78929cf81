"""The review calendar and its rules, and the norms that documents must follow."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("documents", "0003_exceptions_of_access"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="creada el"
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="usada por última vez el"
                    ),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="anulada el"),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "dirección de calendario",
                "verbose_name_plural": "direcciones de calendario",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("person",),
                        name="one_live_calendar_feed_per_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Escalation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_on", models.DateField(verbose_name="tocaba el")),
                (
                    "told_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="avisado el"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="escalations",
                        to="documents.document",
                    ),
                ),
            ],
            options={
                "verbose_name": "aviso de atraso a la jefatura",
                "verbose_name_plural": "avisos de atraso a la jefatura",
                "ordering": ["-told_at", "-pk"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("document", "due_on"), name="one_escalation_per_due_date"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KindRules",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("procedure", "Procedimiento"),
                            ("policy", "Política"),
                            ("standard", "Estándar"),
                            ("charter", "Carta"),
                            ("protocol", "Protocolo"),
                            ("case", "Caso de ejemplo"),
                        ],
                        max_length=16,
                        unique=True,
                        verbose_name="clase",
                    ),
                ),
                (
                    "review_months",
                    models.PositiveSmallIntegerField(
                        default=12, verbose_name="revisión cada, en meses"
                    ),
                ),
                (
                    "acknowledgement_days",
                    models.PositiveSmallIntegerField(
                        default=14, verbose_name="plazo para leer y aceptar, en días"
                    ),
                ),
                (
                    "escalation_days",
                    models.PositiveSmallIntegerField(
                        default=14, verbose_name="días de atraso antes de avisar a la jefatura"
                    ),
                ),
            ],
            options={
                "verbose_name": "reglas de una clase de documentos",
                "verbose_name_plural": "reglas de las clases de documentos",
                "ordering": ["kind"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("review_months__gte", 1), ("review_months__lte", 36)),
                        name="kind_reviewed_within_three_years",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("acknowledgement_days__range", (1, 365)),
                            ("escalation_days__range", (1, 365)),
                        ),
                        name="kind_read_and_escalated_within_a_year",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Regulation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=80, unique=True, verbose_name="norma")),
                ("title", models.CharField(max_length=300, verbose_name="título")),
                ("jurisdiction", models.CharField(max_length=120, verbose_name="ámbito")),
                (
                    "published_on",
                    models.DateField(blank=True, null=True, verbose_name="publicada el"),
                ),
                ("effective_on", models.DateField(verbose_name="rige desde")),
                ("summary", models.TextField(verbose_name="qué cambia")),
                ("source_url", models.URLField(blank=True, verbose_name="dónde se lee")),
                (
                    "registered_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="registrada el"
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "norma",
                "verbose_name_plural": "normas",
                "ordering": ["-effective_on", "-pk"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("code"), name="regulation_code_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("published_on", None),
                            ("published_on__lte", models.F("effective_on")),
                            _connector="OR",
                        ),
                        name="regulation_published_before_it_takes_effect",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_on", models.DateField(verbose_name="tocaba el")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("no_change", "Sigue siendo correcto"),
                            ("change", "Necesita cambios"),
                        ],
                        max_length=10,
                        verbose_name="resultado",
                    ),
                ),
                ("conclusion", models.TextField(verbose_name="conclusión")),
                (
                    "concluded_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="concluida el"
                    ),
                ),
                ("next_review_on", models.DateField(verbose_name="próxima revisión")),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="documents.document",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="la hizo",
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
                "verbose_name": "revisión",
                "verbose_name_plural": "revisiones",
                "ordering": ["-concluded_at", "-pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ReviewChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[("reviewer", "Quién la revisa"), ("date", "Próxima revisión")],
                        max_length=10,
                        verbose_name="qué cambió",
                    ),
                ),
                ("before", models.CharField(blank=True, max_length=200, verbose_name="antes")),
                ("after", models.CharField(blank=True, max_length=200, verbose_name="después")),
                ("reason", models.TextField(verbose_name="motivo")),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="cambiado el"
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lo cambió",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_changes",
                        to="documents.document",
                    ),
                ),
            ],
            options={
                "verbose_name": "cambio en la revisión",
                "verbose_name_plural": "cambios en la revisión",
                "ordering": ["-changed_at", "-pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Impact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weight",
                    models.CharField(
                        choices=[("low", "Bajo"), ("medium", "Medio"), ("high", "Alto")],
                        max_length=8,
                        verbose_name="impacto",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="qué hay que adaptar")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Por adaptar"),
                            ("adapted", "Adaptado"),
                            ("unaffected", "No le afecta"),
                        ],
                        default="pending",
                        max_length=12,
                        verbose_name="estado",
                    ),
                ),
                ("decision", models.TextField(blank=True, verbose_name="cómo se decidió")),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="decidido el"),
                ),
                (
                    "decided_by",
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
                        related_name="impacts",
                        to="documents.document",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.version",
                        verbose_name="versión que lo adapta",
                    ),
                ),
                (
                    "regulation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="impacts",
                        to="documents.regulation",
                    ),
                ),
            ],
            options={
                "verbose_name": "efecto de una norma",
                "verbose_name_plural": "efectos de normas",
                "ordering": ["document__code"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["document"],
                        name="impact_not_adapted",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("regulation", "document"), name="impact_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "pending"),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="impact_decided_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "adapted"), ("version__isnull", False)),
                            models.Q(
                                models.Q(("state", "adapted"), _negated=True), ("version", None)
                            ),
                            _connector="OR",
                        ),
                        name="impact_adapted_names_its_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "unaffected"), _negated=True),
                            models.Q(("decision", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="impact_unaffected_says_why",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="review",
            trigger=pgtrigger.compiler.Trigger(
                name="review_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="be46de1706ec5e539a6ac5da7a7e8e33872b1255",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_review_is_kept_be604",
                    table="documents_review",
                    when="BEFORE",
                ),
            ),
        ),
    ]
