"""What hub and logtailor share: who offers what, who watches what, and lines on their way."""
