"""Words and numbers as the page, paper and terminal say them."""
