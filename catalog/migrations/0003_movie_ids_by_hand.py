"""Movies added by hand keep starting at 1,000,000 when a table is emptied with its sequence."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_search_by_beginning")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE catalog_movie ALTER COLUMN id SET START WITH 1000000",
            migrations.RunSQL.noop,
        )
    ]
