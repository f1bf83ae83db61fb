"""The command line `songspace`: each command parses, calls one use case, and prints.

`registry` lists the commands, `main` runs them and turns errors into one line, `console` prints tables and
JSON.
"""
