"""Signed links and view tokens: only what was signed passes, and only in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.core.errors import Forbidden
from app.core.signed_links import MediaLink, may_view, same, sign, view_token

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LINK = MediaLink("PUT", "shop/uploads/1/original_1.jpg", NOW + timedelta(minutes=5), "image/jpeg", 1234)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
links = st.builds(
    MediaLink,
    method=st.sampled_from(["GET", "PUT"]),
    key=words,
    expires_at=st.integers(1, 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    mime=words,
    size=st.integers(0, 10**9),
    filename=words,
)


def read(url: str, method: str, key: bytes = KEY, now: datetime = NOW) -> MediaLink:
    parts = urlsplit(url)
    return MediaLink.read(method, unquote(parts.path.removeprefix("/media/")), dict(parse_qsl(parts.query)), key, now)


def query_of(link: MediaLink) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link.url("", KEY)).query))


def passes(method: str, path_key: str, query: dict[str, str], now: datetime = NOW) -> bool:
    try:
        MediaLink.read(method, path_key, query, KEY, now)
    except Forbidden:
        return False
    return True


@given(link=links)
def test_a_link_is_read_as_it_was_signed(link: MediaLink) -> None:
    assert MediaLink.read(link.method, link.key, query_of(link), KEY, NOW) == link


def test_a_link_survives_its_url() -> None:
    link = replace(LINK, key="a shop/ü/100%/x_1.jpg", filename="Größe 1.jpg")
    assert read(link.url("https://app.example.com", KEY), "PUT") == link


@given(link=links, other=links)
def test_the_signature_of_one_link_opens_no_other(link: MediaLink, other: MediaLink) -> None:
    assume(link != other)
    assert not passes(other.method, other.key, query_of(other) | {"s": query_of(link)["s"]})


@given(
    method=st.sampled_from(["GET", "PUT", "HEAD", "POST"]),
    path_key=words,
    query=st.dictionaries(st.sampled_from("estnfx"), st.one_of(words, st.integers().map(str)), max_size=6),
)
def test_no_forged_link_passes(method: str, path_key: str, query: dict[str, str]) -> None:
    assert not passes(method, path_key, query)


@given(name=st.sampled_from(["e", "s", "t", "n"]), value=st.one_of(words, st.integers().map(str)))
def test_no_altered_word_passes(name: str, value: str) -> None:
    query = query_of(LINK)
    assume(MediaLink.read("PUT", LINK.key, query, KEY, NOW) == LINK and query[name] != value)
    assume(name not in "en" or not _same_number(value, query[name]))
    assert not passes("PUT", LINK.key, query | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("e", str(int(LINK.expires_at.timestamp()) + 3600)),
        ("t", "text/html"),
        ("n", "99999999"),
        ("f", "page.html"),
    ],
)
def test_no_word_of_a_link_can_be_widened(name: str, value: str) -> None:
    assert passes("PUT", LINK.key, query_of(LINK))
    assert not passes("PUT", LINK.key, query_of(LINK) | {name: value})


def test_another_key_signs_nothing_here() -> None:
    with pytest.raises(Forbidden):
        read(LINK.url("", OTHER_KEY), "PUT")


def test_a_link_ends_on_the_second() -> None:
    assert passes("PUT", LINK.key, query_of(LINK), LINK.expires_at - timedelta(seconds=1))
    assert not passes("PUT", LINK.key, query_of(LINK), LINK.expires_at)


def test_a_reading_link_also_answers_head_and_nothing_else() -> None:
    link = MediaLink("GET", "k", NOW + timedelta(minutes=1))
    answers = {method: passes(method, "k", query_of(link)) for method in ("GET", "HEAD", "PUT", "POST", "DELETE")}
    assert [method for method, passed in answers.items() if passed] == ["GET", "HEAD"]


@pytest.mark.parametrize("end", ["", "x", "1e9", "9" * 30, "-1", "0", "nan", "١٢٣"])
def test_a_strange_end_is_refused_and_no_crash(end: str) -> None:
    assert not passes("PUT", LINK.key, query_of(LINK) | {"e": end})


@given(one=st.lists(words, max_size=3), other=st.lists(words, max_size=3))
def test_no_two_lists_of_words_are_signed_alike(one: list[str], other: list[str]) -> None:
    assert (sign(KEY, *one) == sign(KEY, *other)) == (one == other)


def test_a_view_token_shows_its_subject_until_its_time() -> None:
    token = view_token(KEY, "preview-1", NOW + timedelta(minutes=1))
    assert may_view(KEY, "preview-1", token, NOW)
    assert not may_view(KEY, "preview-1", token, NOW + timedelta(minutes=1))
    assert not may_view(KEY, "preview-2", token, NOW)
    assert not may_view(OTHER_KEY, "preview-1", token, NOW)


@given(token=st.one_of(words, st.tuples(st.integers().map(str), words).map(".".join)))
def test_no_forged_view_token_passes(token: str) -> None:
    assert not may_view(KEY, "preview-1", token, NOW)


def test_a_view_token_cannot_be_made_to_last_longer() -> None:
    end, _, signature = view_token(KEY, "preview-1", NOW - timedelta(days=1)).partition(".")
    assert not may_view(KEY, "preview-1", f"{int(end) + 10**6}.{signature}", NOW)


def test_a_view_token_is_no_media_link() -> None:
    end, _, signature = view_token(KEY, "k", NOW + timedelta(minutes=1)).partition(".")
    assert not passes("GET", "k", {"e": end, "s": signature})


@pytest.mark.parametrize(("given_word", "right"), [("ü", "u"), ("", "a"), ("a", ""), ("A", "a")])
def test_other_text_is_different_whatever_its_letters(given_word: str, right: str) -> None:
    assert not same(given_word, right)


def _same_number(value: str, right: str) -> bool:
    try:
        return int(value) == int(right)
    except ValueError:
        return False


def test_an_unknown_field_cannot_widen_a_link() -> None:
    query: dict[str, Any] = query_of(MediaLink("GET", "k", NOW + timedelta(minutes=1)))
    assert passes("GET", "k", query | {"x": "1"})
    assert not passes("GET", "k", query | {"f": "a.html"})
