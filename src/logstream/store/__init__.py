"""Where the Cloud API keeps applications, environments and keys."""
