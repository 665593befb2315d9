"""Pure: sentences of the safety policy that every surface shows, verbatim."""

__all__ = ["DISCLAIMER", "NO_GUARD"]

DISCLAIMER = (
    "General exercise information, not medical advice. "
    "Stop if something hurts and ask a professional if you are unsure."
)
"""The standing disclaimer (policy, section 3)."""

NO_GUARD = "There is no medical guard yet: do not rely on this chat when something is wrong with you."
