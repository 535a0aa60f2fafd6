"""Files that ship with LoopGen: icons, configs and the starter pack."""
