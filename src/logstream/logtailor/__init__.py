"""The service on a server: follows its log files and offers them to the hubs."""
