"""Facts of films: runtimes, people, services, and what TMDB says."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_film_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(db_index=True, max_length=200, verbose_name="name")),
                (
                    "tmdb_id",
                    models.PositiveIntegerField(
                        blank=True, null=True, unique=True, verbose_name="TMDB id"
                    ),
                ),
            ],
            options={
                "verbose_name": "film person",
                "verbose_name_plural": "film people",
                "ordering": ["name", "id"],
            },
        ),
        migrations.AddField(
            model_name="movie",
            name="poster_key",
            field=models.CharField(blank=True, editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="movie",
            name="runtime_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Empty where it is not known.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(6000),
                ],
                verbose_name="runtime in minutes",
            ),
        ),
        migrations.CreateModel(
            name="Availability",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        help_text="Two capital letters (ISO 3166-1), such as DE.",
                        max_length=2,
                        validators=[django.core.validators.RegexValidator("^[A-Z]{2}$")],
                        verbose_name="country",
                    ),
                ),
                (
                    "offer",
                    models.CharField(
                        choices=[
                            ("subscription", "with a subscription"),
                            ("free", "free"),
                            ("ads", "free with advertisements"),
                            ("rent", "to rent"),
                            ("buy", "to buy"),
                        ],
                        default="subscription",
                        max_length=12,
                        verbose_name="offer",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("tmdb", "TMDB"), ("operator", "operator")],
                        default="operator",
                        max_length=10,
                    ),
                ),
                (
                    "movie",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="catalog.movie",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "availabilities",
            },
        ),
        migrations.CreateModel(
            name="Credit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "job",
                    models.CharField(
                        choices=[("director", "director"), ("actor", "actor")],
                        max_length=10,
                        verbose_name="job",
                    ),
                ),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                (
                    "character",
                    models.CharField(blank=True, max_length=200, verbose_name="character"),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("tmdb", "TMDB"), ("operator", "operator")],
                        default="operator",
                        max_length=10,
                    ),
                ),
                (
                    "movie",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credits",
                        to="catalog.movie",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credits",
                        to="catalog.person",
                    ),
                ),
            ],
            options={
                "ordering": ["job", "order", "id"],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "tmdb_id",
                    models.PositiveIntegerField(
                        blank=True, null=True, unique=True, verbose_name="TMDB id"
                    ),
                ),
                (
                    "movies",
                    models.ManyToManyField(
                        related_name="services", through="catalog.Availability", to="catalog.movie"
                    ),
                ),
            ],
            options={
                "verbose_name": "streaming service",
                "verbose_name_plural": "streaming services",
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="availability",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="offers",
                to="catalog.service",
            ),
        ),
        migrations.CreateModel(
            name="TmdbRecord",
            fields=[
                (
                    "movie",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="tmdb",
                        serialize=False,
                        to="catalog.movie",
                    ),
                ),
                ("tmdb_id", models.PositiveIntegerField()),
                ("overview", models.TextField(blank=True)),
                ("tagline", models.CharField(blank=True, max_length=500)),
                ("runtime_minutes", models.PositiveSmallIntegerField(null=True)),
                ("poster_path", models.CharField(blank=True, max_length=100)),
                ("etag", models.CharField(blank=True, max_length=200)),
                ("fetched_at", models.DateTimeField(null=True)),
                ("requested_at", models.DateTimeField(null=True)),
                ("refresh_due_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("poster_etag", models.CharField(blank=True, max_length=200)),
                ("poster_fetched_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("requested_at__isnull", False)),
                        fields=["failures", "movie"],
                        name="tmdb_record_requested",
                    ),
                    models.Index(fields=["refresh_due_at"], name="tmdb_record_due"),
                    models.Index(fields=["fetched_at"], name="tmdb_record_age"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="credit",
            index=models.Index(fields=["person", "job"], name="credit_by_person"),
        ),
        migrations.AddConstraint(
            model_name="credit",
            constraint=models.UniqueConstraint(
                fields=("movie", "person", "job"), name="credit_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="availability",
            index=models.Index(fields=["country", "service"], name="availability_by_service"),
        ),
        migrations.AddConstraint(
            model_name="availability",
            constraint=models.UniqueConstraint(
                fields=("movie", "country", "service", "offer", "source"),
                name="availability_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="availability",
            constraint=models.CheckConstraint(
                condition=models.Q(("country__regex", "^[A-Z]{2}$")), name="availability_country"
            ),
        ),
    ]
