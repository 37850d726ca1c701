"""Comparison of `refimpl` with torch.autograd under error bounds derived from the arithmetic."""
