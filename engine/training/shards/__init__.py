"""An encoded corpus as shards: tar files of WebDataset, written and streamed by any number of processes."""
