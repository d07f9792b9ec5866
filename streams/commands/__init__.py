"""The commands of `cleanplate`, one module a subject; each parses, calls one function and prints."""
