"""Addresses of the VAST-to-session half, and its socket."""

from django.urls import path, re_path

from playback.live.consumers import SessionConsumer
from playback.views import (
    batch_downloads,
    batches,
    commands,
    compare,
    configuration,
    history,
    ledger,
    profiles,
    providers,
    publishers,
    replay,
    rules,
    saved,
    sessions,
    week,
)

urlpatterns = [
    path("sessions/", sessions.session_list, name="session-list"),
    path("sessions/new/", sessions.session_new, name="session-new"),
    path("sessions/<str:public_id>/", sessions.session_detail, name="session"),
    path("sessions/<str:public_id>/record.json", sessions.session_record, name="session-record"),
    path("sessions/<str:public_id>/hops/<int:number>/", sessions.session_hop, name="session-hop"),
    path("sessions/<str:public_id>/ledger/", ledger.session_ledger, name="session-ledger"),
    path("sessions/<str:public_id>/pixels/<str:key>/", ledger.session_pixel, name="session-pixel"),
    path("sessions/<str:public_id>/confirm/", sessions.session_confirm, name="session-confirm"),
    path("sessions/<str:public_id>/delete/", sessions.session_delete, name="session-delete"),
    path("sessions/<str:public_id>/replay/", replay.session_replay, name="session-replay"),
    path("sessions/<str:public_id>/otherwise/", replay.session_otherwise, name="session-otherwise"),
    path("compare/sessions/", compare.compare_sessions, name="compare-sessions"),
    path("sessions/<str:public_id>/<str:name>/", commands.session_command, name="session-command"),
    path("history/", history.history, name="history"),
    path("history/export.<str:shape>", history.history_export, name="history-export"),
    path("history/week/", week.weekly_report, name="weekly-report"),
    path("history/views/", saved.view_list, name="view-list"),
    path("history/views/new/", saved.view_new, name="view-new"),
    path("history/views/<int:row_id>/", saved.view_edit, name="view-edit"),
    path("history/views/<int:row_id>/delete/", saved.view_delete, name="view-delete"),
    path("history/views/<int:row_id>/pin/", saved.view_pin, name="view-pin"),
    path("batches/", batches.batch_list, name="batch-list"),
    path("batches/new/", batches.batch_new, name="batch-new"),
    path("batches/new/builds/", batches.batch_builds, name="batch-builds"),
    path("batches/new/estimate/", batches.batch_estimate, name="batch-estimate"),
    path("batches/<str:public_id>/", batches.batch_detail, name="batch"),
    path("batches/<str:public_id>/progress/", batches.batch_progress, name="batch-progress"),
    path("batches/<str:public_id>/sessions/", batches.batch_sessions, name="batch-sessions"),
    path(
        "batches/<str:public_id>/sessions.csv", batch_downloads.batch_sessions_csv, name="batch-sessions-csv"
    ),
    path(
        "batches/<str:public_id>/results.json", batch_downloads.batch_results_json, name="batch-results-json"
    ),
    path("batches/<str:public_id>/results.csv", batch_downloads.batch_results_csv, name="batch-results-csv"),
    path("batches/<str:public_id>/cancel/", batches.batch_cancel, name="batch-cancel"),
    path("batches/<str:public_id>/delete/", batches.batch_delete, name="batch-delete"),
    path("providers/", providers.provider_list, name="provider-list"),
    path("providers/<slug:name>/", providers.provider_detail, name="provider"),
    path("providers/<slug:name>/reset/", providers.provider_reset, name="provider-reset"),
    *(
        path(f"{level}s/<slug:name>/{address}", view, {"level": level}, name=f"{level}-{word}")
        for level in ("provider", "publisher")
        for address, view, word in (
            ("draft/", rules.draft, "draft"),
            ("versions/", rules.version_list, "versions"),
            ("versions/<int:number>/restore/", rules.restore, "restore"),
        )
    ),
    path("publishers/", publishers.publisher_list, name="publisher-list"),
    path("publishers/new/", publishers.publisher_new, name="publisher-new"),
    path("publishers/<slug:name>/", publishers.publisher_detail, name="publisher"),
    path("publishers/<slug:name>/delete/", publishers.publisher_delete, name="publisher-delete"),
    path("configuration/", configuration.effective, name="configuration"),
    path("profiles/", profiles.profile_exchange, name="profiles"),
    path("profiles/export.<slug:form>", profiles.profile_export, name="profiles-export"),
]

socket_urlpatterns = [
    # Only what can be an id: it names a group of the channel layer.
    re_path(r"^ws/sessions/(?P<public_id>[0-9a-z]{1,40})/$", SessionConsumer.as_asgi()),
]
