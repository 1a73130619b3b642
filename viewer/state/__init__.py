"""What the page holds, and the request made of it."""
