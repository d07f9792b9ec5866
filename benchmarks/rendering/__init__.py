"""Rendered test sets: overlays as shops make them, print as products carry it, with exact ground truth."""
