"""The values that everything else speaks of: sources, tickets, limits. No I/O, no clock."""
