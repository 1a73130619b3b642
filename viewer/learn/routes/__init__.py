"""The addresses of the pages of learning."""
