"""How often somebody may call: a bucket of tokens for each key, or each address without one."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

# A bucket holds what comes in within so many seconds.
BURST_S = 2.0
_MOST_BUCKETS = 50_000


@dataclass
class Buckets:
    """Token buckets by name; those not used for longest are forgotten, which fills them.

    Each process has its own: behind several, a key may make as many requests at each.
    """

    clock: Callable[[], float] = time.monotonic
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str, per_second: float) -> float:
        """Take a token: 0 where there was one, else the seconds until there is.

        Parameters
        ----------
        per_second : float
            How many tokens come in a second; 0 for no limit.
        """
        if per_second <= 0:
            return 0.0
        most = max(1.0, per_second * BURST_S)
        with self._lock:
            now = self.clock()
            level, at = self._levels.pop(name, (most, now))
            level = min(most, level + (now - at) * per_second)
            taken = level >= 1.0
            self._levels[name] = (level - taken, now)
            while len(self._levels) > _MOST_BUCKETS:
                self._levels.popitem(last=False)
        return 0.0 if taken else (1.0 - level) / per_second


def retry_after(seconds: float) -> str:
    """What the header `Retry-After` says: whole seconds, one at least."""
    return str(max(1, math.ceil(seconds)))
