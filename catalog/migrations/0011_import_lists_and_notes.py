import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0010_browse_in_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="importedfilm",
            name="has_noted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="importedfilm",
            name="marks",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="importedfilm",
            name="note",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="importedfilm",
            name="noted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="ImportedList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("where", models.CharField(max_length=250)),
                ("name", models.CharField(max_length=100)),
                ("note", models.TextField(blank=True, max_length=1000)),
                ("is_public", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("is_wanted", models.BooleanField(default=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("", "nothing"), ("added", "added"), ("changed", "changed")],
                        max_length=8,
                    ),
                ),
                ("before_at", models.DateTimeField(null=True)),
                ("after_at", models.DateTimeField(null=True)),
                (
                    "film_list",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalog.filmlist",
                    ),
                ),
                (
                    "history_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lists",
                        to="catalog.historyimport",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportedListEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("note", models.CharField(blank=True, max_length=500)),
                ("added_at", models.DateTimeField(null=True)),
                ("has_added", models.BooleanField(default=False)),
                (
                    "film",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="catalog.importedfilm",
                    ),
                ),
                (
                    "imported_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="catalog.importedlist",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="importedlist",
            constraint=models.UniqueConstraint(
                fields=("history_import", "position"), name="imported_list_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="importedlist",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="imported_list_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="importedlistentry",
            constraint=models.UniqueConstraint(
                fields=("imported_list", "film"), name="imported_list_entry_unique_film"
            ),
        ),
    ]
