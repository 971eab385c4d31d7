from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mixing", "0003_preset")]

    operations = [
        migrations.AlterField(
            model_name="export",
            name="kind",
            field=models.CharField(
                choices=[
                    ("wav", "WAV, 24-bit"),
                    ("wav16", "WAV, 16-bit, dithered"),
                    ("wav32f", "WAV, 32-bit float"),
                    ("flac", "FLAC, 24-bit"),
                    ("mp3", "MP3, 320 kbit/s"),
                    ("opus", "Opus, 160 kbit/s"),
                    ("aac", "AAC, 256 kbit/s"),
                    ("stems", "Processed stems (zip of FLAC)"),
                    ("dawproject", "Session for other programs (DAWproject)"),
                    ("settings", "Console settings (JSON)"),
                ],
                max_length=10,
            ),
        ),
    ]
