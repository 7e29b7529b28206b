from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_diary"),
    ]

    operations = [
        migrations.AddField(
            model_name="importedfilm",
            name="days",
            field=models.JSONField(default=list),
        ),
    ]
