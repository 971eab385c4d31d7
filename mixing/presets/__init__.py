"""Presets: moves of the console's knobs that fit any song, because they are told by role.

`content` says what a preset is and applies one; `genres` and `intentions` are the built-in ones,
collected in `built_in`. Pure: no database.
"""
