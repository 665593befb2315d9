"""The data files of the engine: words, reading rules and learned weights."""
