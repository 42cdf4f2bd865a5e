"""The hub: gathers logtailors, serves people, and can itself offer to another hub."""
