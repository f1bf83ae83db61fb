"""Reading and writing."""

from tests.service.http.test_answers import *  # noqa: F403
