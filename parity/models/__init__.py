"""Somebody's own model, judged operation by operation while it runs: `parity.watch`."""
