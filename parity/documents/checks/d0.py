"""Evidence on D0."""
