"""What kind of mistake wrong numbers come from."""
