"""What hub and logtailor share: directory, router, ring, sessions, links. No sockets, no files."""
