"""What each command of `parity` takes and says. Nothing heavy is imported before it is needed."""
