"""Following log files: bytes and files in, lines out."""
