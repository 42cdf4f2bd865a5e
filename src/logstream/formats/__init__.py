"""Reading log text: one module for each family of log formats."""
