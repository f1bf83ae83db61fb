"""Releases that come and go."""

from tests.service.http.test_hot_swap import *  # noqa: F403
