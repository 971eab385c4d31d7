"""What a worker process does before its first job, so that the first listener need not wait."""

import logging
import time

from django.db import connection

from mixing import events, selectors, sessions
from mixing.audio import console
from mixing.networks.errors import ModelInvalid, ModelUnavailable

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Compile or load the console's kernels, open the listed mixers, start the event loop.

    A mixer that cannot be opened is reported here and fails its mixes with a reason later.
    """
    started = time.monotonic()
    events.use_own_loop()
    console.warm_up()
    for mixer in selectors.listed_mixers():
        try:
            sessions.embedder(mixer)
            sessions.head(mixer)
        except (ModelInvalid, ModelUnavailable) as error:
            logger.error("mixer %s cannot work: %s", mixer, error)
    connection.close()  # It was opened before the first task, which opens its own.
    logger.info("worker warm after %.1f s", time.monotonic() - started)
