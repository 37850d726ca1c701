"""What was found, in one vocabulary: comparisons, rows, verdicts, messages and files."""
