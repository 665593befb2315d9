"""The cases themselves, as JSON lines that a person can write; read by `eval.dataset`."""
