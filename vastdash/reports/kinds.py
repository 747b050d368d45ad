"""The kinds of subject that a report can be of, from both halves of the site: a kind is one line here."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from django.urls import NoReverseMatch, reverse

from pipeline.reports.build import KIND as BUILD
from playback.reports.batch import KIND as BATCH
from playback.reports.session import KIND as SESSION
from vastdash.models import ReportLink
from vastdash.reports.mask import masked
from vastdash.reports.report import Kind, Report

KINDS: Final = {kind.name: kind for kind in (SESSION, BUILD, BATCH)}


def report_of(kind: Kind, subject: str) -> Report | None:
    """The report as anybody may see it: what is secret in its addresses is hidden."""
    found = kind.report(subject)
    return Report(masked(found.title), masked(found.data), found.pictures) if found else None


def title_of(kind: Kind, subject: str) -> str | None:
    return kind.titles([subject]).get(subject)


def titles_of(links: Iterable[ReportLink]) -> dict[tuple[str, str], str]:
    """The titles of the subjects that are still there, by kind and public id."""
    asked = defaultdict(set)
    for link in links:
        asked[link.kind].add(link.subject)
    return {
        (name, subject): title
        for name, subjects in asked.items()
        for subject, title in KINDS[name].titles(subjects).items()
    }


def page_of(kind: Kind, subject: str) -> str:
    """The address of the subject's own page."""
    try:
        return reverse(kind.page, args=[subject])
    except NoReverseMatch:
        return ""
