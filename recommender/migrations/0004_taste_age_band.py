from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommender", "0003_experiments_and_feedback"),
    ]

    operations = [
        migrations.AddField(
            model_name="tasteprofile",
            name="age_band",
            field=models.PositiveSmallIntegerField(
                blank=True,
                choices=[
                    (1, "under 18"),
                    (18, "18 to 24"),
                    (25, "25 to 34"),
                    (35, "35 to 44"),
                    (45, "45 to 49"),
                    (50, "50 to 55"),
                    (56, "56 or older"),
                ],
                null=True,
                verbose_name="age",
            ),
        ),
        migrations.AddConstraint(
            model_name="tasteprofile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("age_band", None),
                    ("age_band__in", [1, 18, 25, 35, 45, 50, 56]),
                    _connector="OR",
                ),
                name="taste_age_is_a_band",
            ),
        ),
    ]
