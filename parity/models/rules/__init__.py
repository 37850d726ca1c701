"""torch's operations, by subject: which function of refimpl each is, and what is where in it."""
