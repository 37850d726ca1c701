"""The catalogue as data: functions, a file for each of refimpl's subjects, networks."""
