"""How many requests a client may make, counted by a hash that nobody can undo tomorrow; those trusted are not counted."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from datetime import UTC, date, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from mediation_geo.errors import SettingsError

__all__ = ["Limiter"]


class Limiter:
    """
    How many requests a client may still make; forgets who it was at midnight.

    Parameters
    ----------
    rule : str
        In the notation of the `limits` package, such as `1200/minute`.
    trusted : str
        Addresses and networks without any limit, separated by commas.

    Raises
    ------
    SettingsError
        If the rule, an address or a network cannot be read.

    Examples
    --------
    >>> limiter = Limiter("1/minute", trusted="192.0.2.10, 2001:db8::/32")
    >>> [limiter.admits("192.0.2.10") for _ in range(3)]
    [True, True, True]
    >>> [limiter.admits("192.0.2.11") for _ in range(3)]
    [True, False, False]
    """

    def __init__(self, rule: str, *, trusted: str = "") -> None:
        try:
            self._rule: RateLimitItem = parse(rule)
        except ValueError as error:
            message = f"rate_limit={rule!r}: expected a limit such as '1200/minute'"
            raise SettingsError(message) from error
        self._trusted = [_network(each.strip()) for each in trusted.split(",") if each.strip()]
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._day = date.min
        self._salt = b""

    def admits(self, client: str) -> bool:
        """Whether one more request of this client is within the limit."""
        return self._trusts(client) or self._limiter.hit(self._rule, self._pseudonym(client))

    def retry_after_s(self, client: str) -> int:
        """Whole seconds until this client may ask again."""
        reset, _left = self._limiter.get_window_stats(self._rule, self._pseudonym(client))
        return max(1, int(reset - time.time()) + 1)

    def _trusts(self, client: str) -> bool:
        if not self._trusted:
            return False
        try:
            address = ip_address(client)
        except ValueError:
            # A proxy may name a client by something that is no address.
            return False
        return any(address in network for network in self._trusted)

    def _pseudonym(self, client: str) -> str:
        today = datetime.now(UTC).date()
        if today != self._day:
            self._day, self._salt = today, secrets.token_bytes(32)
        return hmac.new(self._salt, client.encode(), hashlib.sha256).hexdigest()


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        message = f"trusted_clients: {text!r} is neither an address nor a network such as 192.0.2.0/24"
        raise SettingsError(message) from error
