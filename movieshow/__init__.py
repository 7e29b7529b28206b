"""The MovieShow site: settings, addresses, servers and health."""
