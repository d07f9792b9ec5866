"""Measurements: each compares side by side in one run, prints a table and ends with one line of JSON."""
