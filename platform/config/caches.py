"""The shared cache on Redis, with connections that requests hand on to each other."""

from typing import Any, Final

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

_clients: Final[dict[str, RedisCacheClient]] = {}


class PooledRedisCache(RedisCache):
    """One client per process instead of one per thread.

    Under ASGI every request has a thread of its own, and Django a client per thread: each request
    would connect to Redis anew, which takes longer than all that it asks. redis-py's pools may be
    shared by threads, and notice a fork.
    """

    # Django's own names; its stubs leave them out.
    _servers: list[str]
    _options: dict[str, Any]
    _class: type[RedisCacheClient]

    @property
    def _cache(self) -> Any:
        key = repr((self._servers, sorted(self._options.items())))
        client = _clients.get(key)
        if client is None:
            # Two threads at once may both make one: the loser's has not connected yet.
            client = _clients.setdefault(key, self._class(self._servers, **self._options))
        return client
