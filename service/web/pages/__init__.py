"""The pages, one a file; each has a function that builds it for a seat."""
