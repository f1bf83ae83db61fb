"""The HTTP API: a thin edge over `pipelines`; `app.build_app` puts it together.

A request passes `edge` (problems, metrics, security headers), `bodies` (sizes, slow senders), `door` (keys,
rates), `references` (slashes in names), then its route, which parses, calls one use case and formats.
"""
