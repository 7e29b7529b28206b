from typing import ClassVar

import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("catalog", "0005_rating_date_known"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar = [
        migrations.CreateModel(
            name="FilmList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("note", models.TextField(blank=True, max_length=1000, verbose_name="note")),
                ("share_key", models.UUIDField(editable=False, null=True, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="film_lists",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["-updated_at", "-id"]},
        ),
        migrations.CreateModel(
            name="FilmListEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(verbose_name="place")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "film_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="catalog.filmlist",
                    ),
                ),
                (
                    "movie",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.movie",
                    ),
                ),
            ],
            options={"ordering": ["position"]},
        ),
        migrations.AddConstraint(
            model_name="filmlist",
            constraint=models.UniqueConstraint(
                models.F("user"),
                django.db.models.functions.text.Lower("name"),
                name="film_list_unique_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="filmlist",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="film_list_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="filmlistentry",
            constraint=models.UniqueConstraint(
                fields=("film_list", "movie"), name="film_list_entry_unique_movie"
            ),
        ),
        migrations.AddConstraint(
            model_name="filmlistentry",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("film_list", "position"),
                name="film_list_entry_unique_position",
            ),
        ),
        migrations.AddConstraint(
            model_name="filmlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("position__gte", 1)), name="film_list_entry_position_from_one"
            ),
        ),
    ]
