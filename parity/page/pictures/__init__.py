"""The pictures that teach: what each function does, shown on numbers that refimpl computes.

A file for each subject of refimpl, with `pictures`, what there is to see of it.
"""
