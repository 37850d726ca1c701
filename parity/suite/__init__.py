"""What a run asks, of whom, and in how many processes."""
