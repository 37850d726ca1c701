"""The documents' formulas as printed: one module for each document or part of it.

A second reading: nothing here calls `refimpl`, torch or NumPy's linear algebra. A formula gets
and gives object arrays (or nested indices on arrays) of whatever elements: Fractions, scalars
of torch, sympy's symbols. Indices run as they are printed, from 1 where the document counts
from 1 (`at(A, i, j)`).
"""
