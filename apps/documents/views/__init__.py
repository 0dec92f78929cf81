"""Pages of the documents' own room."""
