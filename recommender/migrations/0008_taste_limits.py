from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_film_lists"),
        ("recommender", "0007_muted_reasons"),
    ]

    operations = [
        migrations.AddField(
            model_name="tasteprofile",
            name="excluded_genres",
            field=models.ManyToManyField(blank=True, related_name="+", to="catalog.genre"),
        ),
        migrations.AddField(
            model_name="tasteprofile",
            name="last_years",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="last years only"
            ),
        ),
        migrations.AddConstraint(
            model_name="tasteprofile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("last_years", None), ("last_years__range", (1, 150)), _connector="OR"
                ),
                name="taste_last_years_in_range",
            ),
        ),
    ]
