"""The ``logstream`` command: one command a file, standing on the public library."""
