"""Addresses of the bid-to-VAST half."""

from django.urls import path

from pipeline import views

urlpatterns = [
    path("builds/", views.build_list, name="build-list"),
    path("builds/new/", views.build_new, name="build-new"),
    path("builds/<str:public_id>/", views.build_detail, name="build"),
    path("builds/<str:public_id>/vast.xml", views.build_vast, name="build-vast"),
]
