"""What a service tells its operator: internal events, metrics, its own log."""
