"""A door for music players that speak the API of Subsonic and its open successor (docs/doors.md), at `/rest`.

`entrance` takes a request in: `given` reads its parameters, `credentials` finds out who calls, `calls` names
the method to ask, `answers` writes what it says as JSON or XML. The methods are in `system`, `browsing`,
`lists`, `alike`, `playing`, `marking` and `playlists`; `shapes` says how songs, albums and artists look.
"""
