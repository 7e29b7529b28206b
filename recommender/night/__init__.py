"""Movie night: a few people find one film that suits them all."""
