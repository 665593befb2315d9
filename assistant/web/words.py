"""Pure. The fixed sentences that the web rooms show."""

__all__ = ["COMMENTED", "EMPTY_CHAT", "FAILURE", "FAILURE_OF_RATING", "NOT_RATED", "RATED", "TAGLINE", "WELCOME"]

TAGLINE = "Every sentence quoted from an article."
WELCOME = "What would you like to know?"
EMPTY_CHAT = (
    "Ask about a back exercise: how to do it, how often, which muscles, what goes wrong. "
    "The small numbers in an answer open the words it is quoted from."
)
FAILURE = "Something went wrong on our side, and your question was not answered. Please ask it again."
RATED = "Thank you. Only the thumb was kept, not what you wrote."
COMMENTED = "Thank you. Your comment is kept with the thumb, not the conversation."
NOT_RATED = "Only answers can be rated."
FAILURE_OF_RATING = "Your rating could not be kept. The answer itself is not affected."
