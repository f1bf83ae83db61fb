"""What the operator does not let be asked for, on every prompt that comes in (generation/policy.py)."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from generation.policy import Policy, PolicyError, RefusedError, load_policy
from service.http.problems import Refused
from service.http.service import Service

logger = logging.getLogger(__name__)


def check_policy(service: Service, *texts: str | None) -> None:
    """Refuse texts that ask for what the policy refuses; a changed file holds from the next request on.

    Raises
    ------
    Refused
        With 403 where a text is refused. Without its rules nothing is made: where the file cannot be read
        any more, with 409.
    """
    path = service.settings.policy
    if path is None:
        return
    try:
        _policy(path, path.stat().st_mtime_ns).check(texts)
    except RefusedError as error:
        raise Refused(403, str(error)) from None
    except (PolicyError, OSError) as error:
        logger.error("the policy cannot be used: %s", error)
        raise Refused(409, "the operator's policy cannot be read, and nothing is made without it") from None


@lru_cache(maxsize=2)
def _policy(path: Path, written_ns: int) -> Policy:
    return load_policy(path)
