"""The routes, a module for each kind of thing; all below `/v1` but those of `health`."""
