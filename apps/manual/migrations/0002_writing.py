"""Drafts are written here: pictures, templates, steps whose role is not known yet; retired text stands."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_append_only_log"),
        ("core", "0004_search_readings"),
        ("documents", "0006_readers_voice"),
        ("manual", "0001_initial"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="procedure",
            name="procedure_is_sealed",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="step",
            name="step_is_sealed",
        ),
        migrations.AlterField(
            model_name="step",
            name="role",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.position",
                verbose_name="responsable",
            ),
        ),
        migrations.CreateModel(
            name="DocumentTemplate",
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
                ("purpose", models.TextField(blank=True, verbose_name="para qué sirve")),
                ("scope", models.TextField(blank=True, verbose_name="se aplica a")),
                ("body", models.TextField(blank=True, verbose_name="texto")),
                ("steps", models.TextField(blank=True, verbose_name="pasos")),
            ],
            options={
                "verbose_name": "plantilla de documento",
                "verbose_name_plural": "plantillas de documento",
                "ordering": ["pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Picture",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pictures",
                        to="documents.document",
                    ),
                ),
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.storedfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "imagen",
                "verbose_name_plural": "imágenes",
                "default_permissions": (),
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="procedure",
            trigger=pgtrigger.compiler.Trigger(
                name="procedure_is_sealed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE sealed boolean;",
                    func="\n            -- OLD is null on INSERT, NEW on DELETE; an UPDATE may try to leave or to enter.\n            SELECT EXISTS (\n                SELECT FROM documents_version\n                WHERE id IN (OLD.version_id, NEW.version_id)\n                AND state IN ('approved', 'in_force', 'superseded', 'retired')\n            ) INTO sealed;\n            IF (sealed) THEN\n                RAISE EXCEPTION 'a published version never changes';\n            END IF;\n            IF (TG_OP = 'DELETE') THEN RETURN OLD; END IF;\n            RETURN NEW;\n            ",
                    hash="fad438ef20568ac19ad3453fe85876dca214b90c",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_procedure_is_sealed_d671d",
                    table="manual_procedure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="step",
            trigger=pgtrigger.compiler.Trigger(
                name="step_is_sealed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE sealed boolean;",
                    func="\n            -- OLD is null on INSERT, NEW on DELETE; an UPDATE may try to leave or to enter.\n            SELECT EXISTS (\n                SELECT FROM documents_version\n                WHERE id IN (OLD.version_id, NEW.version_id)\n                AND state IN ('approved', 'in_force', 'superseded', 'retired')\n            ) INTO sealed;\n            IF (sealed) THEN\n                RAISE EXCEPTION 'a published version never changes';\n            END IF;\n            IF (TG_OP = 'DELETE') THEN RETURN OLD; END IF;\n            RETURN NEW;\n            ",
                    hash="93945de97f4d53ae52c378403e9d9690a70a94d4",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_step_is_sealed_23c26",
                    table="manual_step",
                    when="BEFORE",
                ),
            ),
        ),
    ]
