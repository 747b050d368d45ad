"""Every address of the site. Who may open which stands in ``roles.py``."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from vastdash import glossary_page, home, permission_page, search_page, token_pages
from vastdash.api import api
from vastdash.reports import pages, shared

urlpatterns = [
    path("", home.overview, name="home"),
    path("healthz", home.healthz, name="healthz"),
    path("sign-in/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("tokens/", token_pages.token_list, name="token-list"),
    path("tokens/new/", token_pages.token_new, name="token-new"),
    path("tokens/<str:public_id>/revoke/", token_pages.token_revoke, name="token-revoke"),
    path("search/", search_page.results, name="search"),
    path("glossary/", glossary_page.terms, name="glossary"),
    path("permissions/", permission_page.table, name="permissions"),
    path("share/<str:token>/", shared.share, name="share"),
    path("share/<str:token>/report.<str:shape>", shared.share_file, name="share-file"),
    path("reports/", pages.report_list, name="report-list"),
    path("reports/<str:public_id>/revoke/", pages.report_revoke, name="report-revoke"),
    path("reports/<str:kind>/<str:subject>/", pages.report_links, name="report-links"),
    *(
        path(
            f"{kind}{plural}/<str:public_id>/report.<str:shape>",
            pages.report_file,
            {"kind": kind},
            name=f"{kind}-report",
        )
        for kind, plural in (("session", "s"), ("build", "s"), ("batch", "es"))
    ),
    path("", include("pipeline.urls")),
    path("", include("playback.urls")),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
]

handler400 = "vastdash.home.unusable"
handler403 = "vastdash.home.forbidden"
handler404 = "vastdash.home.missing"
handler500 = "vastdash.home.broken"
