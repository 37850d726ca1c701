"""D3's formulas as printed."""
