"""Mail of the outbox says what it is about; what could not be delivered is found at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_what_jobs_remember"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmail",
            name="kind",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddIndex(
            model_name="outboxmail",
            index=models.Index(
                condition=models.Q(("state", "undeliverable")),
                fields=["-created_at", "-id"],
                name="outbox_undeliverable",
            ),
        ),
    ]
