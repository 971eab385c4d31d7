"""Votes and settings in, new mixers out: knows every other app, and no audio samples."""
