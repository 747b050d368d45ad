import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def count_lint_errors(apps, _schema_editor):
    """What the list is filtered by, for the builds there are."""
    build = apps.get_model("pipeline", "Build")
    for row in build.objects.only("id", "findings").iterator(chunk_size=200):
        errors = sum(finding["severity"] == "error" for finding in row.findings)
        if errors:
            build.objects.filter(pk=row.pk).update(lint_error_count=errors)


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0002_receivers_endpoints'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='build',
            name='lint_error_count',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='build',
            name='made_from',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='made_again', to='pipeline.build'),
        ),
        migrations.AddField(
            model_name='build',
            name='publisher',
            field=models.SlugField(blank=True, db_index=False, max_length=60),
        ),
        migrations.AddField(
            model_name='build',
            name='receiver_profile',
            field=models.SlugField(blank=True, db_index=False, max_length=60),
        ),
        migrations.RunPython(count_lint_errors, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='build',
            index=models.Index(models.F('receiver'), models.F('created_at'), models.F('id'), name='build_of_receiver'),
        ),
        migrations.AddIndex(
            model_name='build',
            index=models.Index(models.F('no_ad'), models.F('created_at'), models.F('id'), name='build_by_outcome'),
        ),
        migrations.AddIndex(
            model_name='build',
            index=models.Index(models.F('created_by'), models.F('created_at'), models.F('id'), name='build_by_maker'),
        ),
    ]
