"""A door for players and tools that speak the API of ListenBrainz (docs/doors.md), at `/1`.

Requests come through the door of the service like any other; `answers` alone gives refusals the form that
these clients read.
"""
