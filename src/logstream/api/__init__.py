"""The Cloud API: who may stream what, connection details for them, and the page's static files."""
