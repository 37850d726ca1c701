"""Witnesses beside torch: exact arithmetic says who is right."""

# What witnesses.csv calls those that are tasks of their own.
INTEGERS, DERIVATIVE, SYMBOLS = "integers", "derivative", "symbols"
