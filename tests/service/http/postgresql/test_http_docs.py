"""Every call that the pages show."""

from tests.service.http.test_http_docs import *  # noqa: F403
