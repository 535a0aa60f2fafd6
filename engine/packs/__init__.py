"""Model packs: the folder, what it is checked for, and the models in it."""
