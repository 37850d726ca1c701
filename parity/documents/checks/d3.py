"""Evidence on D3."""
