"""English and Chinese: what is said to people on the page and by `parity explain`."""
