"""As many random cases as anyone wants, judged in parallel and kept in a store.

geometry (case i of a seed) → batch (judged where the worker is) → coordinator → store → report.
"""
