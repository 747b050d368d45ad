"""Sessions get their moment as a number, the row of their title, their cohort, and their place in the counts of days."""

from collections import Counter

from django.db import migrations

from vastdash.fields import day_of

DECIDING = ("provider", "publisher", "mode", "status", "source", "end_reason")
COUNTED = ("offset_ms", "duration_ms")


def fill(apps, schema_editor):
    sessions = apps.get_model("playback", "Session").objects
    titles = apps.get_model("playback", "SessionTitle").objects
    cohorts = apps.get_model("playback", "SessionCohort").objects
    days = apps.get_model("playback", "SessionDay").objects
    amounts: dict[tuple[int, int], Counter[str]] = {}
    columns = ("pk", "created_at", "title", *DECIDING, *COUNTED)
    for row in sessions.order_by("pk").only(*columns).iterator(chunk_size=500):
        title, _ = titles.get_or_create(text=row.title)
        cohort, _ = cohorts.get_or_create(**{name: getattr(row, name) for name in DECIDING})
        sessions.filter(pk=row.pk).update(created_us=row.created_at, titled=title, cohort=cohort)
        amounts.setdefault((day_of(row.created_at), cohort.pk), Counter()).update(
            sessions=1, played_ms=row.offset_ms, duration_ms=row.duration_ms
        )
    for (day, cohort_id), amount in amounts.items():
        days.create(day=day, cohort_id=cohort_id, **amount)


class Migration(migrations.Migration):

    dependencies = [
        ('playback', '0003_histories'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
