"""Addresses of the bid-to-VAST half."""

from django.urls import path

from pipeline.views import builds, debug

urlpatterns = [
    path("builds/", builds.build_list, name="build-list"),
    path("builds/new/", builds.build_new, name="build-new"),
    path("builds/<str:public_id>/", builds.build_detail, name="build"),
    path("builds/<str:public_id>/vast.xml", builds.build_vast, name="build-vast"),
    path("vast/<str:slug>/debug", debug.endpoint_debug, name="endpoint-debug"),
]
