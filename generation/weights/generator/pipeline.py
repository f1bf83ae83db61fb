"""The pipeline, for plain diffusers; Songspace has to be installed.

DiffusionPipeline.from_pretrained(FOLDER, custom_pipeline=FOLDER, trust_remote_code=True)
"""

from generation.audio.pipeline import SongspacePipeline

__all__ = ["SongspacePipeline"]
