"""The edges: each parses, calls one use case, and formats. Nothing imports `service`."""
