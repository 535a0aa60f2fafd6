"""Networks: the circular 1-D U-Net denoiser and its blocks."""
