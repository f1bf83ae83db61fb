"""Recommendations worked out in processes of their own, beside the one that talks to clients.

Python runs one thread of a process at a time, so one process answers with one processor, and a release that
is being loaded holds up whoever asks.
"""
