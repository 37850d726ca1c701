"""The worked examples of the documents, of subjects with too many cases for one file."""
