"""Import of MovieLens data sets in their official formats."""
