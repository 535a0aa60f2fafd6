"""A musician's own audio, listened to: how many bars it is at which tempo, and what its file and its name say."""
