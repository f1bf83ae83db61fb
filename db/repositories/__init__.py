"""Every query of the database, one module for each thing that we remember; functions take a session first.

A reading function returns plain values or frames, never table objects, so that nothing depends on an open
session. Frames of many rows are read column by column in pieces, and lists of ids are asked for in chunks.
"""
