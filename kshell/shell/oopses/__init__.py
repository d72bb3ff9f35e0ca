"""The kernel's last report, line by line: what each says about the case at hand.

case.py reads a report back; head_words.py, state_words.py and caller_words.py have the sentences, each for some of the
lines; line_by_line.py finds the one that fits, and explanation.py shows them.  Only what the report says is used,
and the names of the kernel that runs: nothing is known here that Linux does not print.
"""
