"""The two networks of cleanplate: one that tells an overlay's strokes, one that fills what they leave."""
