"""Other people's layers before the judge."""
