"""Start the Backchat server: the chat, the article pages and the API."""

import sys

from assistant import Assistant, Settings
from assistant.errors import BackchatError
from assistant.web.api import serve

if __name__ == "__main__":
    try:
        settings = Settings()
        with Assistant.load(settings) as assistant:
            serve(assistant, settings.host, settings.port)
    except BackchatError as exc:
        sys.exit(f"backchat: {exc}")  # a text makes the exit status 1 and goes to standard error
