"""Properties that every function has, whatever its formula: asked of refimpl by a run itself."""
