"""Who decides about a version, and what the text may no longer do once it was decided."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("documents", "0001_initial"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="version",
            name="renews_tree",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="version",
            name="published_text_is_immutable",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="version",
            name="published_version_is_kept",
        ),
        migrations.AlterModelOptions(
            name="document",
            options={
                "default_permissions": ("view",),
                "ordering": ["code"],
                "permissions": [
                    ("write_document", "Puede redactar documentos"),
                    ("approve_document", "Puede aprobar documentos"),
                    ("export_document", "Puede exportar listas de documentos"),
                    ("publish_emergency", "Puede publicar de emergencia, sin aprobación previa"),
                    (
                        "govern_document",
                        "Puede cambiar responsables, revisores, accesos y retirar documentos",
                    ),
                    ("manage_regulations", "Puede llevar el registro de normas"),
                    ("view_reach", "Puede ver quién ha leído y aceptado un documento"),
                    ("open_document", "Lee este documento aunque no esté entre sus destinatarios"),
                    ("hide_document", "No ve este documento"),
                ],
                "verbose_name": "documento",
                "verbose_name_plural": "documentos",
            },
        ),
        migrations.RemoveConstraint(
            model_name="version",
            name="nobody_approves_their_own_version",
        ),
        migrations.AlterField(
            model_name="document",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="owned_documents",
                to=settings.AUTH_USER_MODEL,
                verbose_name="responsable",
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="documents.document",
                verbose_name="lo reemplaza",
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="retired_on",
            field=models.DateField(blank=True, null=True, verbose_name="retirado el"),
        ),
        migrations.AddField(
            model_name="document",
            name="retirement_reason",
            field=models.TextField(blank=True, verbose_name="por qué se retiró"),
        ),
        migrations.AddField(
            model_name="document",
            name="reviewer",
            field=models.ForeignKey(
                blank=True,
                help_text="Si nadie está indicado, revisa quien responde por él.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="quien la revisa",
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="asks_acknowledgement",
            field=models.BooleanField(default=False, verbose_name="pide lectura y aceptación"),
        ),
        migrations.AddField(
            model_name="version",
            name="edited_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="editada el"),
        ),
        migrations.AddField(
            model_name="version",
            name="editors",
            field=models.ManyToManyField(
                blank=True,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="escribieron",
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="emergency_reason",
            field=models.TextField(blank=True, verbose_name="motivo de la emergencia"),
        ),
        migrations.AddField(
            model_name="version",
            name="ratified_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="ratificada el"),
        ),
        migrations.AddField(
            model_name="version",
            name="objected_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="no ratificada el"),
        ),
        migrations.AddField(
            model_name="version",
            name="objected_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="no la ratificó",
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="objection",
            field=models.TextField(blank=True, verbose_name="por qué no se ratificó"),
        ),
        migrations.AddField(
            model_name="version",
            name="ratified_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="la ratificó",
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="restored_from",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="documents.version",
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="retired_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="retirada el"),
        ),
        migrations.AddField(
            model_name="version",
            name="retired_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="la retiró",
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="retirement_reason",
            field=models.TextField(blank=True, verbose_name="por qué se retiró"),
        ),
        migrations.AddField(
            model_name="version",
            name="revision",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="version",
            name="submission_note",
            field=models.TextField(blank=True, verbose_name="mensaje para quienes aprueban"),
        ),
        migrations.AddField(
            model_name="version",
            name="submitted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="enviada el"),
        ),
        migrations.AddField(
            model_name="version",
            name="wanted_on",
            field=models.DateField(blank=True, null=True, verbose_name="fecha propuesta"),
        ),
        migrations.AlterField(
            model_name="version",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Borrador"),
                    ("in_review", "En revisión"),
                    ("approved", "Aprobada"),
                    ("in_force", "En vigor"),
                    ("superseded", "Sustituida"),
                    ("retired", "Retirada"),
                ],
                default="draft",
                max_length=12,
                verbose_name="estado",
            ),
        ),
        migrations.AlterField(
            model_name="version",
            name="superseded_on",
            field=models.DateField(blank=True, null=True, verbose_name="sustituida o retirada el"),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("objected_at", None),
                    ("objected_by", None),
                    ("objection", ""),
                )
                | models.Q(
                    ("objected_at__isnull", False),
                    ("objected_by__isnull", False),
                    ("ratified_at", None),
                )
                & ~models.Q(("objection", ""))
                & ~models.Q(("objected_by", models.F("author")))
                & ~models.Q(("objected_by", models.F("approver"))),
                name="an_objection_is_somebody_else_s_and_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("author", models.F("approver")), _negated=True),
                    models.Q(("emergency_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="nobody_approves_their_own_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ratified_by", None),
                    models.Q(
                        models.Q(("ratified_by", models.F("author")), _negated=True),
                        models.Q(("ratified_by", models.F("approver")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="nobody_ratifies_what_they_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "retired"), _negated=True),
                    models.Q(
                        ("retired_at__isnull", False),
                        ("retired_by__isnull", False),
                        models.Q(("retirement_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="retired_version_says_when_by_whom_and_why",
            ),
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(default=1, verbose_name="turno")),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("pending", "Pendiente"),
                            ("approved", "Aprobó"),
                            ("returned", "Pidió cambios"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="decisión",
                    ),
                ),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="decidido el"),
                ),
                ("note", models.TextField(blank=True, verbose_name="comentario")),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="pedida el"
                    ),
                ),
                (
                    "voided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="anulada el"),
                ),
                (
                    "content_hash",
                    models.CharField(blank=True, max_length=64, verbose_name="SHA-256"),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decidió",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="aprueba",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="documents.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "aprobación",
                "verbose_name_plural": "aprobaciones",
                "ordering": ["order", "pk"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("decision", "pending"), ("voided_at", None)),
                        fields=["person"],
                        name="approval_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("voided_at", None)),
                        fields=("version", "person"),
                        name="one_open_approval_per_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None), ("decided_by", None), ("decision", "pending")
                            ),
                            models.Q(
                                models.Q(("decision", "pending"), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_decision_has_a_person_and_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("part", models.CharField(blank=True, max_length=100, verbose_name="parte")),
                ("quote", models.CharField(blank=True, max_length=500, verbose_name="pasaje")),
                ("text", models.TextField(verbose_name="comentario")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "resolved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="resuelto el"),
                ),
                (
                    "answers",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replies",
                        to="documents.comment",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="documents.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "comentario de revisión",
                "verbose_name_plural": "comentarios de revisión",
                "ordering": ["created_at", "pk"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("answers", models.F("pk")), _negated=True),
                        name="comment_does_not_answer_itself",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="version",
            trigger=pgtrigger.compiler.Trigger(
                name="renews_tree",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF (OLD.state IN ('approved', 'in_force', 'superseded', 'retired') OR NEW.state IN ('approved', 'in_force', 'superseded', 'retired')) THEN INSERT INTO documents_stamp (name, value) VALUES ('tree', gen_random_uuid()) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value; END IF; RETURN NULL;",
                    hash="cf2e1faff859e10ecdda28d809a5a9532908dc3d",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_renews_tree_8acbf",
                    table="documents_version",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="version",
            trigger=pgtrigger.compiler.Trigger(
                name="published_text_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.state IN ('approved', 'in_force', 'superseded', 'retired') AND ((OLD.title, OLD.body, OLD.number, OLD.document_id, OLD.change, OLD.justification, OLD.author_id, OLD.approver_id, OLD.approved_at, OLD.effective_on, OLD.content_hash, OLD.asks_acknowledgement, OLD.emergency_reason, OLD.restored_from_id) IS DISTINCT FROM (NEW.title, NEW.body, NEW.number, NEW.document_id, NEW.change, NEW.justification, NEW.author_id, NEW.approver_id, NEW.approved_at, NEW.effective_on, NEW.content_hash, NEW.asks_acknowledgement, NEW.emergency_reason, NEW.restored_from_id) OR OLD.state = 'approved' AND NEW.state NOT IN ('approved', 'in_force', 'retired') OR OLD.state = 'in_force' AND NEW.state NOT IN ('in_force', 'superseded', 'retired') OR OLD.state IN ('superseded', 'retired') AND (OLD.state, OLD.superseded_on, OLD.retired_at, OLD.retired_by_id, OLD.retirement_reason) IS DISTINCT FROM (NEW.state, NEW.superseded_on, NEW.retired_at, NEW.retired_by_id, NEW.retirement_reason)))",
                    func="RAISE EXCEPTION 'a published version never changes';",
                    hash="b24e8641b2f6175bcac8a544f21e5ae8ac4ee711",
                    operation="UPDATE",
                    pgid="pgtrigger_published_text_is_immutable_f90ce",
                    table="documents_version",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="version",
            trigger=pgtrigger.compiler.Trigger(
                name="text_in_review_stands",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.state = 'in_review' AND NEW.state <> 'draft' AND (OLD.title, OLD.body, OLD.number, OLD.document_id, OLD.author_id) IS DISTINCT FROM (NEW.title, NEW.body, NEW.number, NEW.document_id, NEW.author_id))",
                    func="RAISE EXCEPTION 'a version in review does not change';",
                    hash="093db4476e2f806f64b6852ba4a923381a4b210e",
                    operation="UPDATE",
                    pgid="pgtrigger_text_in_review_stands_0fb23",
                    table="documents_version",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="version",
            trigger=pgtrigger.compiler.Trigger(
                name="published_version_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"state\" IN ('approved', 'in_force', 'superseded', 'retired'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="07a7e2ec4fbb4952894e442be1345eb505d6e1d2",
                    operation="DELETE",
                    pgid="pgtrigger_published_version_is_kept_61225",
                    table="documents_version",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="approval",
            trigger=pgtrigger.compiler.Trigger(
                name="writers_do_not_approve",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.decision = 'approved' AND NEW.voided_at IS NULL)",
                    func="\n                    IF EXISTS (\n                        SELECT FROM documents_version\n                        WHERE id = NEW.version_id AND author_id = NEW.decided_by_id\n                    ) OR EXISTS (\n                        SELECT FROM documents_version_editors\n                        WHERE version_id = NEW.version_id AND person_id = NEW.decided_by_id\n                    ) THEN\n                        RAISE EXCEPTION 'nobody approves what they wrote';\n                    END IF;\n                    RETURN NEW;\n                    ",
                    hash="99ada396af24f6d0b449b579e7d75da3843d5291",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_writers_do_not_approve_eb0d0",
                    table="documents_approval",
                    when="BEFORE",
                ),
            ),
        ),
    ]
