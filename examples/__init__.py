"""Real pictures to try cleanplate on, and the demo."""
