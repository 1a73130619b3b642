"""What is said of each structure: for atlas, sheets and terminal."""
