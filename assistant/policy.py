"""Pure: sentences of the safety policy that every surface shows, verbatim."""

__all__ = ["DISCLAIMER", "GUARD_NOTE"]

DISCLAIMER = (
    "General exercise information, not medical advice. "
    "Stop if something hurts and ask a professional if you are unsure."
)
"""The standing disclaimer (policy, section 3)."""

GUARD_NOTE = "A guard looks for warning signs but misses some: do not rely on this chat when something is wrong."
