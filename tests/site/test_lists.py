"""Lists stay small: none of them reads the documents and decisions of the builds it names."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline import builds
from pipeline.models import Build
from tests.site.rows import make_build, make_session

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/builds/",
        "/sessions/",
        "/api/v1/builds",
        "/api/v1/sessions",
        "/receivers/new/",
        "/admin/pipeline/build/",
    ],
)
def test_no_list_reads_the_documents_of_its_builds(superuser, address):
    again = builds.build_again(make_build(), config={}, user=None)
    make_session(again.vast, build=again)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert superuser.get(address).status_code == 200
    read = " ".join(query["sql"].partition(" FROM ")[0] for query in queries.captured_queries)
    assert [column for column in Build.large() if f'."{column}"' in read] == []
