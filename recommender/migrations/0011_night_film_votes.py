from django.db import migrations, models

COUNT_VOTES = """
    UPDATE recommender_nightfilm AS film SET votes = (
        SELECT count(*) FROM recommender_nightapproval WHERE film_id = film.id
    )
"""


class Migration(migrations.Migration):
    dependencies = [("recommender", "0010_chosen_services")]

    operations = [
        migrations.AddField(
            model_name="nightfilm",
            name="votes",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunSQL(COUNT_VOTES, migrations.RunSQL.noop),
    ]
