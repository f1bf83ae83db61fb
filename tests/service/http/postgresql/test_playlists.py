"""Playlists."""

from tests.service.http.test_playlists import *  # noqa: F403
