"""The words people use of music, and what each of them means here: tables, and readers of keys and numbers."""
