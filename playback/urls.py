"""Addresses of the VAST-to-session half, and its socket."""

from django.urls import path, re_path

from playback.live.consumers import SessionConsumer
from playback.views import commands, ledger, providers, publishers, sessions

urlpatterns = [
    path("sessions/", sessions.session_list, name="session-list"),
    path("sessions/new/", sessions.session_new, name="session-new"),
    path("sessions/<str:public_id>/", sessions.session_detail, name="session"),
    path("sessions/<str:public_id>/record.json", sessions.session_record, name="session-record"),
    path("sessions/<str:public_id>/hops/<int:number>/", sessions.session_hop, name="session-hop"),
    path("sessions/<str:public_id>/ledger/", ledger.session_ledger, name="session-ledger"),
    path("sessions/<str:public_id>/pixels/<str:key>/", ledger.session_pixel, name="session-pixel"),
    path("sessions/<str:public_id>/confirm/", sessions.session_confirm, name="session-confirm"),
    path("sessions/<str:public_id>/<str:name>/", commands.session_command, name="session-command"),
    path("providers/", providers.provider_list, name="provider-list"),
    path("providers/<slug:name>/", providers.provider_detail, name="provider"),
    path("providers/<slug:name>/reset/", providers.provider_reset, name="provider-reset"),
    path("publishers/", publishers.publisher_list, name="publisher-list"),
    path("publishers/new/", publishers.publisher_new, name="publisher-new"),
    path("publishers/<slug:name>/", publishers.publisher_detail, name="publisher"),
    path("publishers/<slug:name>/delete/", publishers.publisher_delete, name="publisher-delete"),
]

socket_urlpatterns = [
    # Only what can be an id: it names a group of the channel layer.
    re_path(r"^ws/sessions/(?P<public_id>[0-9a-z]{1,40})/$", SessionConsumer.as_asgi()),
]
