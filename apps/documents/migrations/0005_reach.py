"""Who must read a version, who accepted it, and how far it reached."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_append_only_log"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("documents", "0004_reviews_and_regulations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("content_hash", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "accepted_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="aceptada el"
                    ),
                ),
                ("text_shown", models.TextField(verbose_name="texto aceptado")),
                ("evidence", models.JSONField(default=dict, verbose_name="constancia de lectura")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgements",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgements",
                        to="documents.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "lectura aceptada",
                "verbose_name_plural": "lecturas aceptadas",
                "ordering": ["-accepted_at", "-pk"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "person"), name="acknowledgement_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Addressee",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addressees",
                        to="documents.document",
                    ),
                ),
                (
                    "position",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.position",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.role",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "destinatario de la lectura",
                "verbose_name_plural": "destinatarios de la lectura",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("position", None), ("role", None), ("unit__isnull", False)),
                            models.Q(("position__isnull", False), ("role", None), ("unit", None)),
                            models.Q(("position", None), ("role__isnull", False), ("unit", None)),
                            _connector="OR",
                        ),
                        name="addressee_is_one_thing",
                    ),
                    models.UniqueConstraint(
                        fields=("document", "unit", "position", "role"),
                        name="addressee_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Asking",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="asking",
                        serialize=False,
                        to="documents.version",
                    ),
                ),
                ("asks", models.BooleanField(verbose_name="pide lectura y aceptación")),
                (
                    "position_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("spread_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("spread_at", None)),
                        fields=["written_at"],
                        name="askings_to_spread",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Obligation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="pedida el"
                    ),
                ),
                ("due_on", models.DateField(verbose_name="vence el")),
                (
                    "withdrawn_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="dejó de pedirse el"),
                ),
                (
                    "acknowledged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="aceptada el"),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="obligations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="obligations",
                        to="documents.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "lectura pedida",
                "verbose_name_plural": "lecturas pedidas",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("acknowledged_at", None), ("withdrawn_at", None)),
                        fields=["person", "due_on", "id"],
                        name="obligation_open",
                    ),
                    models.Index(
                        condition=models.Q(("acknowledged_at", None), ("withdrawn_at", None)),
                        fields=["version", "due_on", "person"],
                        name="obligation_open_of_version",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "person"), name="obligation_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn_at", None), ("acknowledged_at", None), _connector="OR"
                        ),
                        name="accepted_obligation_is_not_withdrawn",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reach",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked", models.IntegerField(default=0)),
                ("accepted", models.IntegerField(default=0)),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reach",
                        to="documents.version",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "unit"), name="reach_once", nulls_distinct=False
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="acknowledgement",
            trigger=pgtrigger.compiler.Trigger(
                name="acknowledgement_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="f5325f9d4580d375fec798b704a2b226244b19ea",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_acknowledgement_is_kept_06c50",
                    table="documents_acknowledgement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="obligation",
            trigger=pgtrigger.compiler.Trigger(
                name="counts_reach_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO documents_reach AS kept (version_id, unit_id, asked, accepted)\n            SELECT version_id, unit_id, asked, accepted FROM (\n                SELECT version_id, unit_id,\n                    coalesce(sum(sign) FILTER (WHERE withdrawn_at IS NULL), 0) AS asked,\n                    coalesce(sum(sign) FILTER (WHERE acknowledged_at IS NOT NULL), 0) AS accepted\n                FROM (SELECT *, 1 AS sign FROM added) AS changed GROUP BY version_id, unit_id\n            ) AS sums\n            WHERE (asked, accepted) <> (0, 0)\n            -- One order for everybody: two statements at once do not block each other in turn.\n            ORDER BY version_id, unit_id\n            ON CONFLICT (version_id, unit_id) DO UPDATE SET\n                asked = kept.asked + EXCLUDED.asked,\n                accepted = kept.accepted + EXCLUDED.accepted;\n            RETURN NULL;\n        ",
                    hash="5cc9876f445aaf2f364f84859a6b64736b7cbcd0",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_counts_reach_insert_2a20a",
                    referencing="REFERENCING NEW TABLE AS added ",
                    table="documents_obligation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="obligation",
            trigger=pgtrigger.compiler.Trigger(
                name="counts_reach_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO documents_reach AS kept (version_id, unit_id, asked, accepted)\n            SELECT version_id, unit_id, asked, accepted FROM (\n                SELECT version_id, unit_id,\n                    coalesce(sum(sign) FILTER (WHERE withdrawn_at IS NULL), 0) AS asked,\n                    coalesce(sum(sign) FILTER (WHERE acknowledged_at IS NOT NULL), 0) AS accepted\n                FROM (SELECT *, 1 AS sign FROM added UNION ALL SELECT *, -1 AS sign FROM taken) AS changed GROUP BY version_id, unit_id\n            ) AS sums\n            WHERE (asked, accepted) <> (0, 0)\n            -- One order for everybody: two statements at once do not block each other in turn.\n            ORDER BY version_id, unit_id\n            ON CONFLICT (version_id, unit_id) DO UPDATE SET\n                asked = kept.asked + EXCLUDED.asked,\n                accepted = kept.accepted + EXCLUDED.accepted;\n            RETURN NULL;\n        ",
                    hash="c1fe826f64a140583b21ef1787ff23220faac527",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_counts_reach_update_a8090",
                    referencing="REFERENCING OLD TABLE AS taken  NEW TABLE AS added ",
                    table="documents_obligation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="obligation",
            trigger=pgtrigger.compiler.Trigger(
                name="counts_reach_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO documents_reach AS kept (version_id, unit_id, asked, accepted)\n            SELECT version_id, unit_id, asked, accepted FROM (\n                SELECT version_id, unit_id,\n                    coalesce(sum(sign) FILTER (WHERE withdrawn_at IS NULL), 0) AS asked,\n                    coalesce(sum(sign) FILTER (WHERE acknowledged_at IS NOT NULL), 0) AS accepted\n                FROM (SELECT *, -1 AS sign FROM taken) AS changed GROUP BY version_id, unit_id\n            ) AS sums\n            WHERE (asked, accepted) <> (0, 0)\n            -- One order for everybody: two statements at once do not block each other in turn.\n            ORDER BY version_id, unit_id\n            ON CONFLICT (version_id, unit_id) DO UPDATE SET\n                asked = kept.asked + EXCLUDED.asked,\n                accepted = kept.accepted + EXCLUDED.accepted;\n            RETURN NULL;\n        ",
                    hash="28b4dfaba085982a97b5412c7bdf6bb80504001f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_counts_reach_delete_30891",
                    referencing="REFERENCING OLD TABLE AS taken ",
                    table="documents_obligation",
                    when="AFTER",
                ),
            ),
        ),
    ]
