"""The hub, ``logstream-api``: gathers logtailors and serves people, as one more node."""
