"""A document opened to, or hidden from, people, roles and units beyond their rank."""

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
        ("auth", "0012_alter_user_first_name_max_length"),
        ("documents", "0002_approving"),
    ]

    operations = [
        migrations.CreateModel(
            name="DocumentGroupPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "hides",
                    models.BooleanField(default=False, editable=False, verbose_name="oculta"),
                ),
                ("reason", models.TextField(blank=True, verbose_name="motivo")),
                (
                    "given_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="dado el"),
                ),
                ("until_on", models.DateField(blank=True, null=True, verbose_name="hasta")),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="role_exceptions",
                        to="documents.document",
                        verbose_name="documento",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lo dio",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group"),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
                    ),
                ),
            ],
            options={
                "verbose_name": "acceso de un rol",
                "verbose_name_plural": "accesos de roles",
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("hides", True)),
                        fields=["group"],
                        name="hidden_from_group",
                    )
                ],
                "unique_together": {("group", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="DocumentUnitPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "hides",
                    models.BooleanField(default=False, editable=False, verbose_name="oculta"),
                ),
                ("reason", models.TextField(blank=True, verbose_name="motivo")),
                (
                    "given_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="dado el"),
                ),
                ("until_on", models.DateField(blank=True, null=True, verbose_name="hasta")),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unit_exceptions",
                        to="documents.document",
                        verbose_name="documento",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lo dio",
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="auth.permission",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.unit",
                        verbose_name="unidad",
                    ),
                ),
            ],
            options={
                "verbose_name": "acceso de una unidad",
                "verbose_name_plural": "accesos de unidades",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("hides", True)),
                        fields=["unit"],
                        name="hidden_from_unit",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "permission", "content_object"), name="unit_exception_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentUserPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "hides",
                    models.BooleanField(default=False, editable=False, verbose_name="oculta"),
                ),
                ("reason", models.TextField(blank=True, verbose_name="motivo")),
                (
                    "given_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="dado el"),
                ),
                ("until_on", models.DateField(blank=True, null=True, verbose_name="hasta")),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="person_exceptions",
                        to="documents.document",
                        verbose_name="documento",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lo dio",
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "acceso de una persona",
                "verbose_name_plural": "accesos de personas",
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("hides", True)),
                        fields=["user"],
                        name="hidden_from_user",
                    )
                ],
                "unique_together": {("user", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="DocumentUnitReach",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "exception",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reach",
                        to="documents.documentunitpermission",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("exception", "unit"), name="unit_reached_once")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentgrouppermission",
            trigger=pgtrigger.compiler.Trigger(
                name="renews_tree",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO documents_stamp (name, value) VALUES ('tree', gen_random_uuid()) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value; RETURN NULL;",
                    hash="30e595387c917ca39d47c6d7e759c3f7cf4edaf8",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_renews_tree_2f84c",
                    table="documents_documentgrouppermission",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentgrouppermission",
            trigger=pgtrigger.compiler.Trigger(
                name="hides_as_its_permission",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.hides := (SELECT codename = 'hide_document' FROM auth_permission WHERE id = NEW.permission_id); RETURN NEW;",
                    hash="f83a9d2888639cde50c4364fbeb6e7e55532a16e",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_hides_as_its_permission_22f1a",
                    table="documents_documentgrouppermission",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentunitpermission",
            trigger=pgtrigger.compiler.Trigger(
                name="renews_tree",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO documents_stamp (name, value) VALUES ('tree', gen_random_uuid()) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value; RETURN NULL;",
                    hash="e9b044297c203b484fd1ee875c61d204fb1b1a75",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_renews_tree_65fe1",
                    table="documents_documentunitpermission",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentunitpermission",
            trigger=pgtrigger.compiler.Trigger(
                name="hides_as_its_permission",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.hides := (SELECT codename = 'hide_document' FROM auth_permission WHERE id = NEW.permission_id); RETURN NEW;",
                    hash="09a8fd44a19a9e85526760ee5f1a1c6796ec82cf",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_hides_as_its_permission_6036d",
                    table="documents_documentunitpermission",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentunitreach",
            trigger=pgtrigger.compiler.Trigger(
                name="renews_tree",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO documents_stamp (name, value) VALUES ('tree', gen_random_uuid()) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value; RETURN NULL;",
                    hash="79ae5d028294c7b0d8821aa8df88a5e9247cfdd2",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_renews_tree_17280",
                    table="documents_documentunitreach",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentuserpermission",
            trigger=pgtrigger.compiler.Trigger(
                name="renews_tree",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO documents_stamp (name, value) VALUES ('tree', gen_random_uuid()) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value; RETURN NULL;",
                    hash="4ba64946165ab3554cc0045c95b149ef6455dd7c",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_renews_tree_9d407",
                    table="documents_documentuserpermission",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="documentuserpermission",
            trigger=pgtrigger.compiler.Trigger(
                name="hides_as_its_permission",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.hides := (SELECT codename = 'hide_document' FROM auth_permission WHERE id = NEW.permission_id); RETURN NEW;",
                    hash="261a61bbf4bd03b512fe66faf4e4ae16af8708b0",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_hides_as_its_permission_b94e2",
                    table="documents_documentuserpermission",
                    when="BEFORE",
                ),
            ),
        ),
    ]
