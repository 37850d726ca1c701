"""What the five documents state, one row for each statement, with evidence and a verdict.

- `d0.toml` … `d4.toml`: the ledger, as data: formula as printed, what implements it, verdict.
- `printed/`: each formula once more, exactly as printed, loops and indices and all. This is a
  second reading of the documents and never calls `refimpl`.
- `checks/`: the evidence of each row: the printed formula against torch.autograd, exact
  rationals and sympy, and the implementation against the right formula.
- `audit.py`: whether the evidence still supports the ledger.
"""
