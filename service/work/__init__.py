"""Long work that survives: generations and the nightly job, done by workers apart from who asks for them.

`generations` and `nights` are what the edges call; `worker` does the work, in child processes of low
priority. Rows of the song database say what is asked for and how it ended; DBOS (tables of its own) hands
the work to workers, and to the next one when a worker dies.
"""
