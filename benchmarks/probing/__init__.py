"""Makes the model of the error: the holes of edits moved to pixels that are known, filled there, and compared."""
