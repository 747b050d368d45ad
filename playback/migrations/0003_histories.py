# Moments become numbers and titles rows: 0004 fills them, and 0005 takes the former columns away.

import django.db.models.deletion
import vastdash.fields
import vastdash.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0004_outcome_broken'),
        ('playback', '0002_chains_delivery'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=vastdash.models.new_public_id, editable=False, max_length=12, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('seed', models.BigIntegerField()),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('running', 'Running'), ('completed', 'Completed'), ('cancelled', 'Cancelled'), ('error', 'Error')], default='pending', max_length=10)),
                ('sessions', models.PositiveIntegerField()),
                ('done', models.PositiveIntegerField(default=0)),
                ('cancel_asked', models.BooleanField(default=False)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='BatchAd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('source', models.CharField(max_length=10)),
                ('tag_url', models.TextField(blank=True)),
                ('ad_index', models.PositiveSmallIntegerField(null=True)),
                ('record', vastdash.fields.ExactJSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='BatchCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(blank=True, max_length=40)),
                ('publisher', models.CharField(blank=True, max_length=60)),
                ('length_ms', models.PositiveIntegerField(null=True)),
                ('config', vastdash.fields.ExactJSONField()),
                ('seed', models.BigIntegerField()),
                ('first', models.PositiveIntegerField()),
                ('sessions', models.PositiveIntegerField()),
                ('done', models.PositiveIntegerField(default=0)),
                ('summary', vastdash.fields.ExactJSONField(null=True)),
            ],
            options={
                'ordering': ('batch', 'first'),
            },
        ),
        migrations.CreateModel(
            name='ProfileVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.CharField(choices=[('provider', 'Provider'), ('publisher', 'Publisher')], max_length=10)),
                ('name', models.CharField(max_length=60)),
                ('number', models.PositiveIntegerField()),
                ('playback', models.JSONField(default=dict)),
                ('origin', models.CharField(choices=[('first', 'First'), ('published', 'Published'), ('restored', 'Restored'), ('reset', 'Reset'), ('imported', 'Imported')], default='published', max_length=10)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ('level', 'name', '-number'),
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(blank=True, max_length=1000)),
                ('is_shared', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='SessionCohort',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(blank=True, max_length=40)),
                ('publisher', models.CharField(blank=True, max_length=60)),
                ('mode', models.CharField(max_length=10)),
                ('status', models.CharField(max_length=10)),
                ('source', models.CharField(max_length=10)),
                ('end_reason', models.CharField(blank=True, max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name='SessionDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.PositiveIntegerField()),
                ('sessions', models.IntegerField(default=0)),
                ('played_ms', models.BigIntegerField(default=0)),
                ('duration_ms', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SessionTitle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=200, unique=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='session',
            name='session_provider_status',
        ),
        migrations.RemoveIndex(
            model_name='session',
            name='session_newest',
        ),
        migrations.AddField(
            model_name='session',
            name='ordinal',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='trail',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='session',
            name='build',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sessions', to='pipeline.build'),
        ),
        migrations.AlterField(
            model_name='session',
            name='confirmed_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='session',
            name='created_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sessions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='session',
            name='document',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='playback.addocument'),
        ),
        migrations.AlterField(
            model_name='session',
            name='record',
            field=vastdash.fields.ExactJSONField(null=True),
        ),
        migrations.AddField(
            model_name='batch',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='batches', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='session',
            name='batch',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='playback.batch'),
        ),
        migrations.AddField(
            model_name='batchad',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ads', to='playback.batch'),
        ),
        migrations.AddField(
            model_name='batchad',
            name='bodies',
            field=models.ManyToManyField(related_name='+', to='playback.addocument'),
        ),
        migrations.AddField(
            model_name='batchad',
            name='build',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='pipeline.build'),
        ),
        migrations.AddField(
            model_name='batchad',
            name='document',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='playback.addocument'),
        ),
        migrations.AddField(
            model_name='batchcell',
            name='ad',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='playback.batchad'),
        ),
        migrations.AddField(
            model_name='batchcell',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='playback.batch'),
        ),
        migrations.AddField(
            model_name='profileversion',
            name='made_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='savedview',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='sessioncohort',
            constraint=models.UniqueConstraint(fields=('provider', 'publisher', 'mode', 'status', 'source', 'end_reason'), name='session_cohort'),
        ),
        migrations.AddField(
            model_name='session',
            name='cohort',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='playback.sessioncohort'),
        ),
        migrations.AddField(
            model_name='sessionday',
            name='cohort',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='days', to='playback.sessioncohort'),
        ),
        migrations.AddField(
            model_name='session',
            name='titled',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='playback.sessiontitle'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(models.F('created_at'), models.F('id'), name='batch_newest'),
        ),
        migrations.AddConstraint(
            model_name='batchcell',
            constraint=models.UniqueConstraint(fields=('batch', 'first'), name='batch_cell'),
        ),
        migrations.AddConstraint(
            model_name='profileversion',
            constraint=models.UniqueConstraint(fields=('level', 'name', 'number'), name='profile_version'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('owner', 'name'), name='saved_view'),
        ),
        migrations.AddConstraint(
            model_name='sessionday',
            constraint=models.UniqueConstraint(fields=('day', 'cohort'), name='session_day'),
        ),
        migrations.RenameField(model_name='session', old_name='public_id', new_name='own_id'),
        migrations.AlterField(
            model_name='session',
            name='own_id',
            field=models.CharField(default=vastdash.models.new_public_id, editable=False, max_length=12, null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='created_us',
            field=vastdash.fields.MomentField(null=True),
        ),
    ]
