"""What a person likes and wishes: dials, hidden films, statistics, and how they are kept."""
