"""How things look in every picture: words and colours of a verdict, of tissues."""
