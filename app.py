"""Starts the server: the Gradio chat, the article pages and the API. `make run` runs this."""

import sys

from assistant.cli import main

if __name__ == "__main__":
    sys.argv[1:] = ["serve", *(["--open"] if sys.stdout.isatty() else []), *sys.argv[1:]]
    main()
