"""How far two correct computations of one tensor may lie apart: derived, never chosen."""
