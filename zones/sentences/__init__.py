"""An answer in words: depths, limits, frequencies, texts."""
