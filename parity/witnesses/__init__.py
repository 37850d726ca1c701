"""Witnesses beside torch: exact arithmetic says who is right."""
