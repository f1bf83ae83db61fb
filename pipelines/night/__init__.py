"""The stages of the nightly job, one module each; pipelines/nightly.py runs them in order."""
