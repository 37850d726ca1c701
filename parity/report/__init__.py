"""What a run leaves: CSV files, run.json, JUnit XML, the table on the terminal."""
