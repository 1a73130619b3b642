"""The charts of the body: pictures, frames, menu, and the navigator that opens them."""
