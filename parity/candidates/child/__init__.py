"""What runs beside the candidate, under any Python ≥ 3.8 that has NumPy: nothing of ours but this.

`parity.candidates.runner` loads this folder under a name of its own, so that no file here can be
imported by mistake where the candidate means its own. What is used after the candidate was loaded
is bound to names here before: a candidate that changes NumPy fools itself only.
"""
