"""Inpainting engines side by side, where what was behind the overlay is known."""
