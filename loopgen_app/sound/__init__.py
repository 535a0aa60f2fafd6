"""The engine of sound: a deck that loops and swaps, its child process and its supervisor. No Qt here."""
