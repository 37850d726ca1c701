"""The probes: questions with several known answers, by what they are about."""
