"""What the command line and library users use: Cloud API, stream, reconnect."""
