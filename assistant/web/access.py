"""Who may ask, and how often: origins of other sites, and rate limits by address and by session."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ..errors import SettingsError

__all__ = ["Origins", "RateLimits"]

_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")


class Origins:
    """The sites that may ask from a page of theirs, beside our own."""

    def __init__(self, listed: str, public_url: str = "") -> None:
        """Read the setting: origins such as https://example.org, apart by spaces or commas; `*` is every site.

        Raises:
            SettingsError: one of them is no origin.

        """
        self.listed = tuple(dict.fromkeys(name.rstrip("/").lower() for name in listed.replace(",", " ").split()))
        self._own = _origin(public_url)
        for name in self.listed:
            if name != "*" and not _ORIGIN.fullmatch(name):  # strictly: it goes into a header
                raise SettingsError(
                    f"setting 'allowed_origins': {name!r} is no origin; write it as https://example.org, without a path"
                )

    @property
    def everyone(self) -> bool:
        """Whether every site may ask."""
        return "*" in self.listed

    def permit(self, headers: Mapping[str, str]) -> bool:
        """Whether a request that makes us work comes from a page that may send it.

        Browsers tell the origin of the page with every such request; a program that is no browser may leave it out,
        and is held back by the rate limits alone.
        """
        origin = headers.get("origin", "").lower()
        own = urlsplit(origin).netloc == headers.get("host", "").lower() if origin else True
        return own or self.everyone or origin == self._own or origin in self.listed

    @property
    def frame_ancestors(self) -> str:
        """The sources of the directive `frame-ancestors`: who may show our pages in a frame."""
        return " ".join(("'self'", *self.listed))


def _origin(url: str) -> str:
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


class RateLimits:
    """Moving windows in memory: so many requests of one address, and of one session, in a stretch of time."""

    def __init__(self, by_address: str, by_session: str) -> None:
        """Read the settings, such as "60/minute" or "20/minute; 300/day"; "off" limits nothing.

        Raises:
            SettingsError: one is not of that form.

        """
        self._address = _items("rate_limit", by_address)
        self._session = _items("session_rate_limit", by_session)
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def address(self, host: str) -> float | None:
        """Count a request of an address; seconds to wait if it is one too many, else None."""
        return self._count(self._address, "address", _network(host))

    def session(self, name: str | None) -> float | None:
        """Count a question of a session; seconds to wait if it is one too many, else None."""
        return self._count(self._session, "session", name) if name else None

    def _count(self, items: list[RateLimitItem], kind: str, key: str) -> float | None:
        # every window is tested before any is counted: a refused request uses nothing up
        full = [item for item in items if not self._windows.test(item, kind, key)]
        if full:
            return max(self._windows.get_window_stats(item, kind, key).reset_time for item in full) - time.time()
        for item in items:
            self._windows.hit(item, kind, key)
        return None


def _items(setting: str, text: str) -> list[RateLimitItem]:
    if text.strip().lower() in ("", "off"):
        return []
    try:
        return parse_many(text)
    except ValueError as exc:
        raise SettingsError(
            f"setting {setting!r}: {text!r} is no limit; write it as 60/minute or 20/minute; 300/day"
        ) from exc


def _network(host: str) -> str:
    """One key for one customer: an IPv6 line has a whole /64 to choose addresses from."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
