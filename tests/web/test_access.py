"""Origins and rate limits."""

from __future__ import annotations

import pytest

from assistant.errors import SettingsError
from assistant.web.access import Origins, RateLimits


@pytest.mark.parametrize(
    ("listed", "origin", "host", "permitted"),
    [
        ("", None, "a.org", True),
        ("", "http://a.org", "a.org", True),
        ("", "https://a.org:8443", "a.org:8443", True),
        ("", "https://b.org", "a.org", False),
        ("", "null", "a.org", False),
        ("https://b.org", "https://b.org", "a.org", True),
        ("https://b.org/", "https://B.org", "a.org", True),
        ("https://b.org", "http://b.org", "a.org", False),
        ("https://b.org", "https://b.org.evil.net", "a.org", False),
        ("https://b.org", "https://evil-b.org", "a.org", False),
        ("https://b.org, https://c.org:8000", "https://c.org:8000", "a.org", True),
        ("*", "https://anything.net", "a.org", True),
        ("*", "null", "a.org", True),
    ],
)
def test_origins(listed: str, origin: str | None, host: str, permitted: bool) -> None:
    """Our own pages and programs may ask, other sites only when they are listed, letter by letter."""
    headers = {"host": host} if origin is None else {"host": host, "origin": origin}
    assert Origins(listed).permit(headers) is permitted


def test_the_public_address_is_our_own() -> None:
    """Behind a proxy that changes Host, pages under `public_url` are still ours."""
    origins = Origins("", "https://chat.example.org/back")
    assert origins.permit({"host": "127.0.0.1:7860", "origin": "https://chat.example.org"})
    assert not origins.permit({"host": "127.0.0.1:7860", "origin": "https://example.org"})


@pytest.mark.parametrize(
    "listed", ["example.org", "https://a.org/path", "ftp://a.org", "https://", "'self'; script-src *"]
)
def test_what_is_no_origin_is_refused(listed: str) -> None:
    """A slip in the setting is told at the start; nothing of it reaches a header."""
    with pytest.raises(SettingsError, match="allowed_origins"):
        Origins(listed)


def test_frame_ancestors() -> None:
    """Who may ask may show our pages in a frame."""
    assert Origins("").frame_ancestors == "'self'"
    assert Origins("https://a.org,https://b.org").frame_ancestors == "'self' https://a.org https://b.org"


def test_an_address_is_held_back_alone() -> None:
    """Whoever is over the limit hears how long to wait; others ask on."""
    limits = RateLimits("3/minute", "")
    assert [limits.address("192.0.2.1") for _ in range(3)] == [None] * 3
    wait = limits.address("192.0.2.1")
    assert wait is not None
    assert 0 < wait <= 60
    assert limits.address("192.0.2.2") is None


def test_an_ipv6_line_is_one_address() -> None:
    """Its holder has 2^64 addresses to ask from."""
    limits = RateLimits("1/minute", "")
    assert limits.address("2001:db8:0:1::1") is None
    assert limits.address("2001:db8:0:1:ffff::2") is not None
    assert limits.address("2001:db8:0:2::1") is None


def test_every_window_counts_and_a_refusal_uses_nothing_up() -> None:
    """Of two windows the fuller one tells the wait."""
    limits = RateLimits("2/second; 3/hour", "")
    assert [limits.address("a") for _ in range(2)] == [None, None]
    short = limits.address("a")
    assert short is not None
    assert short <= 1


def test_sessions_and_no_limits() -> None:
    """A session has a window of its own; nameless ones and empty settings are not limited."""
    limits = RateLimits("off", "1/minute")
    assert limits.session("one") is None
    assert limits.session("one") is not None
    assert limits.session("two") is None
    assert [limits.session(None) for _ in range(5)] == [None] * 5
    assert [limits.address("a") for _ in range(500)] == [None] * 500


@pytest.mark.parametrize("text", ["lots", "60", "60/fortnight", "-1/minute"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    """The message names the setting and the form."""
    with pytest.raises(SettingsError, match=r"'rate_limit'.*60/minute"):
        RateLimits(text, "")
