"""D4's formulas as printed."""
