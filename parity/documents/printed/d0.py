"""D0's formulas as printed."""
