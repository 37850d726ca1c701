"""Cases in which every two circumstances of a function meet: its table of factors, by subject.

A factor is an option, a size, a layout, a kind of values; its levels are what it may be, the plain
one first. The rows of a covering array hold every pair of levels of every two factors at least
once, in some fifty cases instead of the millions of all combinations.
"""
