"""Audio files and their tags, levels, resampling and spectra."""
