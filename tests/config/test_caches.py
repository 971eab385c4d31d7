"""One Redis client for all threads of a process."""

from threading import Thread
from typing import Any

from config.caches import PooledRedisCache


def test_threads_share_one_client() -> None:
    def cache() -> PooledRedisCache:
        return PooledRedisCache("redis://nowhere.invalid", {"OPTIONS": {"socket_timeout": 5}})

    found: list[Any] = []
    threads = [Thread(target=lambda: found.append(cache()._cache)) for _ in range(3)]
    for thread in threads:
        thread.start()
        thread.join()
    assert len({id(client) for client in found}) == 1
    other = PooledRedisCache("redis://elsewhere.invalid", {})
    assert other._cache is not found[0]
