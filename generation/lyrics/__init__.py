"""Lyrics: small language models that write the words of songs, how they are trained, sampled and measured."""
