"""Users who leave."""

from tests.service.http.test_forgotten import *  # noqa: F403
