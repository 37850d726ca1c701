"""The power of the suite: which cases and which witnesses refuse each known mistake."""
