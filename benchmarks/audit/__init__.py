"""`make bench-audit`: reading, folding, planning and applying over a long audit log, on a real broker and store."""
