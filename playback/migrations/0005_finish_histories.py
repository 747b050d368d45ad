import django.db.models.deletion
import vastdash.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('playback', '0004_fill_histories'),
    ]

    operations = [
        migrations.RemoveField(model_name='session', name='created_at'),
        migrations.RenameField(model_name='session', old_name='created_us', new_name='created_at'),
        migrations.AlterField(
            model_name='session',
            name='created_at',
            field=vastdash.fields.MomentField(auto_now_add=True),
        ),
        migrations.AlterField(
            model_name='session',
            name='titled',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='playback.sessiontitle'),
        ),
        migrations.RemoveField(
            model_name='session',
            name='title',
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(models.F('created_at'), models.F('id'), models.F('cohort'), models.F('titled'), name='session_newest'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(models.F('cohort'), models.F('created_at'), models.F('id'), name='session_of_cohort'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(models.F('titled'), models.F('created_at'), models.F('id'), name='session_of_title'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(models.F('created_by'), condition=models.Q(('created_by__isnull', False)), name='session_of_maker'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(models.F('build'), condition=models.Q(('build__isnull', False)), name='session_of_build'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(models.F('document'), condition=models.Q(('document__isnull', False)), name='session_of_document'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(models.F('confirmed_by'), condition=models.Q(('confirmed_by__isnull', False)), name='session_confirmed'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.UniqueConstraint(condition=models.Q(('own_id__isnull', False)), fields=('own_id',), name='session_own_id'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.UniqueConstraint(condition=models.Q(('batch__isnull', False)), fields=('batch', 'ordinal'), name='session_of_batch'),
        ),
    ]
