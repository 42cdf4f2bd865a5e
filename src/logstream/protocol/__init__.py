"""The dialogue of the Logstream protocol as pure state machines: messages in, messages out."""
