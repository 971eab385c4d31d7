import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tournaments', '0003_fill_songs_and_mixes'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='entry',
            name='full',
        ),
        migrations.RemoveField(
            model_name='entry',
            name='preview',
        ),
        migrations.AlterField(
            model_name='battle',
            name='song',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mixing.song'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='number',
            field=models.PositiveSmallIntegerField(),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('tournament', 'number'), name='entry_number_once'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'mixer'), ('mixer__isnull', False)), models.Q(models.Q(('kind', 'mixer'), _negated=True), ('mixer__isnull', True)), _connector='OR'), name='entry_is_a_mixer_or_not'),
        ),
        migrations.AddConstraint(
            model_name='battle',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'decided'))), fields=('tournament', 'listener', 'number'), name='battle_number_once_per_listener'),
        ),
        migrations.AddConstraint(
            model_name='battle',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('side_a', models.F('side_b')), _negated=True), ('kind', 'identical'), _connector='OR'), name='battle_sides_differ'),
        ),
        migrations.AddConstraint(
            model_name='entrymix',
            constraint=models.UniqueConstraint(fields=('entry', 'song'), name='entry_mix_once_per_song'),
        ),
        migrations.AddConstraint(
            model_name='entrymix',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('full__isnull', False), ('preview__isnull', False), ('recording__isnull', True)), models.Q(('full__isnull', True), ('preview__isnull', True), ('recording__isnull', False)), _connector='OR'), name='entry_mix_is_a_mix_or_a_recording'),
        ),
    ]
