"""Logging for the command line, to standard error: our packages at the level asked for, libraries from
warnings up.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OUR_PACKAGES = ("db", "pipelines", "recsys", "generation", "service")


@contextmanager
def logging_to_stderr(level: str) -> Iterator[None]:
    """Log to standard error for as long as the context lasts, then leave logging as it was."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    )
    root = logging.getLogger()
    ours = [logging.getLogger(name) for name in OUR_PACKAGES]
    before = [logger.level for logger in ours]
    root.addHandler(handler)
    for logger in ours:
        logger.setLevel(level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        for logger, old in zip(ours, before, strict=True):
            logger.setLevel(old)


def quieten() -> None:
    """Log warnings only, for the rest of the command: it tells its progress itself."""
    for name in OUR_PACKAGES:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
