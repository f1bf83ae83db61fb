"""The words people use of music, and what each means here: tables, and readers of keys and numbers."""
