"""The only place with sockets: WebSocket servers and clients, and the event loop."""
