"""The HTTP server: an API for programs, and the page that people use, which is its first client."""
