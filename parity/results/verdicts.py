"""The words of the reports for what a comparison found."""

OUTSIDE, EXPECTED, BLIND = "outside", "expected", "blind"
WITHIN, IDENTICAL = "within", "identical"
EMPTY = "empty"  # there is nothing to judge: no elements, or all of them overflow
INFORMATION = "information"  # of torch alone, judged by nobody
VERDICTS = (OUTSIDE, EXPECTED, BLIND, WITHIN, IDENTICAL, EMPTY)  # worst first
# Of witnesses beside torch: what an exact computation says, or why it says nothing.
AGREES, UNDECIDED, INAPPLICABLE = "agrees", "undecided", "inapplicable"
# Witnesses that are tasks of their own, as witnesses.csv calls them.
INTEGERS, DERIVATIVE, SYMBOLS = "integers", "derivative", "symbols"
PROPERTIES = "properties"  # asked by a quick run, too
# Mistakes that a run plants itself.
SEEN, UNSEEN, IMPOSSIBLE = "seen", "unseen", "impossible"
