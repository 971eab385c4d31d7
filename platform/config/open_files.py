"""Every socket is an open file, and shells allow few of them."""

import resource

MOST_FILES = 16_384


def allow_many_files() -> None:
    """As many open files as this user may have, up to MOST_FILES; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
