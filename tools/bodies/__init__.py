"""How the reference bodies are made; not needed to use them."""
