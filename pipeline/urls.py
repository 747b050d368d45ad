"""Addresses of the bid-to-VAST half."""

from django.urls import path

from pipeline.views import builds, compare, debug, endpoints, receivers

urlpatterns = [
    path("builds/", builds.build_list, name="build-list"),
    path("builds/new/", builds.build_new, name="build-new"),
    path("builds/<str:public_id>/", builds.build_detail, name="build"),
    path("builds/<str:public_id>/vast.xml", builds.build_vast, name="build-vast"),
    path("builds/<str:public_id>/delete/", builds.build_delete, name="build-delete"),
    path("builds/<str:public_id>/again/", builds.build_again, name="build-again"),
    path("builds/<str:public_id>/bids/", builds.build_bids, name="build-bids"),
    path("builds/<str:public_id>/document/", builds.build_document, name="build-document"),
    path("builds/<str:public_id>/ads/<int:number>/", builds.build_ad, name="build-ad"),
    path(
        "builds/<str:public_id>/ads/<int:number>/<str:side>.txt",
        builds.build_ad_markup,
        name="build-ad-markup",
    ),
    path("compare/builds/", compare.compare_builds, name="compare-builds"),
    path("receivers/", receivers.receiver_list, name="receiver-list"),
    path("receivers/new/", receivers.receiver_new, name="receiver-new"),
    path("receivers/draft/", receivers.receiver_draft, name="receiver-draft"),
    path("receivers/<str:name>/", receivers.receiver_detail, name="receiver"),
    path("receivers/<str:name>/delete/", receivers.receiver_delete, name="receiver-delete"),
    path("publishers/<str:name>/receiver/", receivers.publisher_receiver, name="publisher-receiver"),
    path("endpoints/", endpoints.endpoint_list, name="endpoint-list"),
    path("endpoints/new/", endpoints.endpoint_new, name="endpoint-new"),
    path("endpoints/settings/", endpoints.endpoint_settings, name="endpoint-settings"),
    path("endpoints/<str:public_id>/", endpoints.endpoint_detail, name="endpoint"),
    path("endpoints/<str:public_id>/edit/", endpoints.endpoint_edit, name="endpoint-edit"),
    path("endpoints/<str:public_id>/switch/", endpoints.endpoint_switch, name="endpoint-switch"),
    path("endpoints/<str:public_id>/rotate/", endpoints.endpoint_rotate, name="endpoint-rotate"),
    path("endpoints/<str:public_id>/delete/", endpoints.endpoint_delete, name="endpoint-delete"),
    path("endpoints/<str:public_id>/try/", endpoints.endpoint_try, name="endpoint-try"),
    path(
        "endpoints/<str:public_id>/requests/<int:row_id>/",
        endpoints.endpoint_request,
        name="endpoint-request",
    ),
    path("vast/<str:slug>/debug", debug.endpoint_debug, name="endpoint-debug"),
]
