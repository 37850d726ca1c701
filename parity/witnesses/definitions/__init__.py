"""Exact values of every compared function, from its definition: no line is shared with refimpl.

A file for each subject, called as refimpl's. Sums of products are lists of *terms*, (place in y,
place in x, place in the weight, factor), and run on `Fraction`; the rest runs on mpmath numbers of
1200 bits. Slow, and a second opinion: where the two sides disagree, it says whether the formula of
`refimpl` is the right one.
"""
