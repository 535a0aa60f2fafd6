"""The corpus: a drum machine and synthesiser that plays training loops from seeds, with exact annotations."""
