"""Words that explain themselves: a button that looks like the word, and beside it, when pressed, what it means."""

from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from vastdash.glossary import TERMS

register = template.Library()

# No space within or behind it: a comma or bracket may follow the word.
_EXPLAINED = (
    '<button type="button" class="term" popovertarget="term-{slug}">{shown}</button>'
    '<span popover class="term-said" id="term-{slug}"><strong>{name}</strong>: {meaning}{cite}</span>'
)


@register.simple_tag(takes_context=True)
def term(context: dict[str, Any], name: str, shown: str = "") -> SafeString:
    """The word ``name`` of the glossary, shown as ``shown``; on one page only its first occurrence explains itself.

    KeyError for a word the glossary does not have. Not inside a label, link or button.
    """
    found = TERMS[name]
    request = context.get("request")
    explained = vars(request).setdefault("explained_terms", set()) if request else set()
    if found.slug in explained:
        return conditional_escape(shown or name)
    explained.add(found.slug)
    cite = format_html('<span class="cite">{}</span>', found.cite) if found.cite else ""
    return format_html(
        _EXPLAINED, slug=found.slug, shown=shown or name, name=name, meaning=found.meaning, cite=cite
    )
