"""Up to which day a job that follows the calendar has done its part."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0005_long_work")]
    operations = [
        migrations.CreateModel(
            name="UpToDate",
            fields=[
                ("job", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("on", models.DateField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
