"""Tags of sound files, written into the bytes that libsndfile made: RIFF INFO, ID3, Vorbis comments."""
