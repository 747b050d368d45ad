"""The rows of a rules form as it was posted, put in another order or emptied before anything is read from them."""

from django.http import QueryDict

PREFIX = "rules"
UP, DOWN, CLEAR = "up", "down", "clear"
_STEPS = {UP: -1, DOWN: 1}


def arranged(data: QueryDict, order: str) -> QueryDict:
    """The form after the press of a row's button: ``order`` is ``up:<row>``, ``down:<row>`` or ``clear:<row>``.

    What is no such order, or leads off the table, changes nothing.
    """
    verb, _, place = order.partition(":")
    rows = _rows(data)
    if not (place.isdecimal() and len(place) < 4 and int(place) < len(rows)):
        return data
    at = int(place)
    if verb == CLEAR:
        rows[at] = {"event": rows[at].get("event", [])}
    elif verb in _STEPS and 0 <= at + _STEPS[verb] < len(rows):
        to = at + _STEPS[verb]
        rows[at], rows[to] = rows[to], rows[at]
    return _with_rows(data, rows)


def _rows(data: QueryDict) -> list[dict[str, list[str]]]:
    found: dict[int, dict[str, list[str]]] = {}
    for key, values in data.lists():
        prefix, _, rest = key.partition("-")
        place, _, field = rest.partition("-")
        if prefix == PREFIX and field and place.isdecimal() and len(place) < 4:
            found.setdefault(int(place), {})[field] = values
    return [found[place] for place in sorted(found)]


def _with_rows(data: QueryDict, rows: list[dict[str, list[str]]]) -> QueryDict:
    changed = QueryDict(mutable=True)
    for key, values in data.lists():
        if not (key.startswith(f"{PREFIX}-") and key.split("-")[1].isdecimal()):
            changed.setlist(key, values)
    for place, row in enumerate(rows):
        for field, values in row.items():
            changed.setlist(f"{PREFIX}-{place}-{field}", values)
    return changed
