"""The door for players."""

from tests.service.http.test_subsonic_door import *  # noqa: F403
