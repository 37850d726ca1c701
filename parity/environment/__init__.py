"""What is installed, and what is said where it is not."""
