"""The question for the evening: what is asked, which films answer it, what people do with them."""
