"""The gradients of somebody's own numbers, element by element: `parity gradients`."""
