"""The web rooms: chat, article pages, JSON interface."""
