"""Words that explain themselves: a button that looks like the word, and beside it, when pressed, what it means."""

from typing import Any

from django import template

from vastdash.glossary import TERMS

register = template.Library()


@register.inclusion_tag("vastdash/_term.html", takes_context=True)
def term(context: dict[str, Any], name: str, shown: str = "") -> dict[str, Any]:
    """The word ``name`` of the glossary, shown as ``shown``; on one page only its first occurrence explains itself.

    KeyError for a word the glossary does not have. Not inside a label, link or button.
    """
    found = TERMS[name]
    request = context.get("request")
    explained = vars(request).setdefault("explained_terms", set()) if request else set()
    first = found.slug not in explained
    explained.add(found.slug)
    return {"term": found, "shown": shown or name, "first": first}
