"""Exit codes, named in one place."""

DONE = 0
ERROR = 1
USAGE = 2
#: a gate failed
GATE_FAILED = 3
#: inconclusive: a person must look
INCONCLUSIVE = 4
#: stopped half-way; the same command goes on from there
PARTIAL = 5
#: something changed since the plan, or somebody was first
CONFLICT = 6
#: what was checked is not as it should be
VERIFICATION_FAILED = 7
#: a service does not answer (as EX_TEMPFAIL of sysexits.h)
NO_ANSWER = 75
