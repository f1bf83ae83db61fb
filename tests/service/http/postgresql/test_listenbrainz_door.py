"""The door for clients of ListenBrainz."""

from tests.service.http.test_listenbrainz_door import *  # noqa: F403
