"""The catalogue as data: functions, good and bad inputs, networks."""
