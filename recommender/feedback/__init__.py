"""What people were shown and did with it: noted, buffered, written, kept and dropped."""
