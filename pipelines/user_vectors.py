"""Overall vectors of all users in one release's space, for finding similar ones."""

from __future__ import annotations

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import profiles as profiles_repository
from pipelines.release import Release


class UserVectors:
    """Read once, held in memory."""

    def __init__(self, session: Session, release: Release) -> None:
        profiles = profiles_repository.load_profiles(session, release=release.name)
        known = [p for p in profiles.values() if p.overall is not None and np.any(p.overall)]
        self.user_ids = np.array([p.user_id for p in known], dtype=np.int64)
        dim = release.vectors.shape[1]
        self.vectors = np.array([p.overall for p in known], dtype=np.float32).reshape(len(known), dim)
        # Every taste leans towards what is popular; without the common mean, differences decide.
        self.mean = self.vectors.mean(0) if len(known) else np.zeros(dim, np.float32)
        self._centred = _normalised(self.vectors - self.mean)

    def nearest(self, overall: np.ndarray, k: int, *, but: int) -> tuple[np.ndarray, np.ndarray]:
        """Ids and centred cosines of the k users nearest to a vector, leaving one out."""
        scores = self._centred @ _normalised((overall - self.mean)[None])[0]
        scores[self.user_ids == but] = -np.inf
        best = np.argsort(-scores, kind="stable")[:k]
        best = best[np.isfinite(scores[best])]
        return self.user_ids[best], scores[best]


def _normalised(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-8))
