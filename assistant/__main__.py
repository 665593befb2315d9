"""`python -m assistant` is `backchat`."""

from .cli import main

main()
