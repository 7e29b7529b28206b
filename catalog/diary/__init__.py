"""The diary: on which days somebody watched which films, and their private notes."""
