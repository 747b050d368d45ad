"""What is remembered of short texts stays small, whoever writes them."""

from vast.document import LOCAL_NAMES, bare_name
from vast.known import Known


def test_a_text_is_made_once():
    made = []
    known = Known(lambda text: made.append(text) or len(text))
    assert (known["640"], known["640"], made) == (3, 3, ["640"])


def test_neither_long_texts_nor_many_texts_are_kept():
    known = Known(len)
    assert known["x" * 65] == 65
    assert len(known) == 0
    for number in range(5000):
        assert known[f"{number}"] == len(f"{number}")
    assert len(known) <= 2048


def test_names_of_any_namespace_and_of_no_text_are_told():
    assert (bare_name("{urn:x}Ad"), bare_name("Ad"), bare_name(len)) == ("Ad", "Ad", "")
    assert len not in LOCAL_NAMES
