"""How the search index lies: read by index alone, passages cut out without unpacking a text.

The reverse leaves both as they are: they change no result.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0002_initial")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE core_searchposting DROP CONSTRAINT core_searchposting_pkey,
                ADD PRIMARY KEY (lexeme_id, entry_id) INCLUDE (impact);
            ALTER TABLE core_searchentry ALTER COLUMN body SET STORAGE EXTERNAL;
            """,
            migrations.RunSQL.noop,
        ),
    ]
