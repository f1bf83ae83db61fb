"""The studio: music composed or arranged in symbols, rendered to sound, and described exactly."""
