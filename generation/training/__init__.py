"""Training of any network: one loop, its optimisers, averages, checkpoints and curves."""
