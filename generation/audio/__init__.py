"""Sound as numbers: spectrograms, and the models that make them."""
