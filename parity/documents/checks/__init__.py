"""The evidence of every row of the ledger: `every` registers all of it."""
