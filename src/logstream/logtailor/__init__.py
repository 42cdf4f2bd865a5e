"""The service on a server: offers the log files there to the hubs that it dials."""
