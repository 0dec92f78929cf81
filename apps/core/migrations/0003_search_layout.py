"""Passages are cut out of a text without unpacking all of it.

The reverse leaves it as it is: it changes no result.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0002_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE core_searchentry ALTER COLUMN body SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
    ]
