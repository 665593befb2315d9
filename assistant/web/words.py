"""Pure. The fixed sentences that the web rooms show."""

__all__ = ["DISCLAIMER", "EMPTY_CHAT", "FAILURE", "NO_GUARD", "TAGLINE", "WELCOME"]

DISCLAIMER = "General exercise information, not medical advice. Stop if something hurts and ask a professional if you are unsure."
NO_GUARD = "There is no medical guard yet: do not rely on this chat when something is wrong with you."
TAGLINE = "Every sentence quoted from an article."
WELCOME = "What would you like to know?"
EMPTY_CHAT = (
    "Ask about a back exercise: how to do it, how often, which muscles, what goes wrong. "
    "The small numbers in an answer open the words it is quoted from."
)
FAILURE = "Something went wrong on our side, and your question was not answered. Please ask it again."
