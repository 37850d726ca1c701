"""Other frameworks on the same cases: what each does, measured (`parity peers`)."""
