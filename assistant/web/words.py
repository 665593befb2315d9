"""Pure. The fixed sentences that the web rooms show."""

__all__ = ["EMPTY_CHAT", "FAILURE", "TAGLINE", "WELCOME"]

TAGLINE = "Every sentence quoted from an article."
WELCOME = "What would you like to know?"
EMPTY_CHAT = (
    "Ask about a back exercise: how to do it, how often, which muscles, what goes wrong. "
    "The small numbers in an answer open the words it is quoted from."
)
FAILURE = "Something went wrong on our side, and your question was not answered. Please ask it again."
