"""What works on this computer and what does not: diagnoses, each with one sentence on how to mend it."""
