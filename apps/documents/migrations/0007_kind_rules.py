"""Rules of review for every kind of document; what somebody already set stays."""

from django.db import migrations

MONTHS = {
    "procedure": 12,
    "policy": 12,
    "standard": 12,
    "charter": 12,
    "protocol": 12,
    "case": 24,
}


def seed(apps, schema_editor):
    rules = apps.get_model("documents", "KindRules")
    for kind, months in MONTHS.items():
        rules.objects.get_or_create(kind=kind, defaults={"review_months": months})


class Migration(migrations.Migration):
    dependencies = [("documents", "0006_readers_voice")]

    # Backwards the rows stay: they may have been changed, and the table goes with its own step.
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
