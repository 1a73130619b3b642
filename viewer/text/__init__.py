"""What is said as text: answers in a terminal, what is known of a structure."""
