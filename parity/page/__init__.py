"""The page: one self-contained HTML file, made of a run's CSV files and the ledger."""
