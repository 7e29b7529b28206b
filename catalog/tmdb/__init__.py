"""Facts and posters from The Movie Database: asked by workers, never while a page waits.

Its terms: name it where its words and pictures are shown, keep them six months at most, and feed
them to no model.
"""
