"""Training of the generator's models: what each learns from, and its losses."""
