"""The welcome: genres, then posters whose answers tell most."""
