"""Evidence on D4."""
