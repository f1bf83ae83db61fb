"""Training of the generator's models: one loop, its checkpoints and curves, and what each learns from."""
