"""How fast refimpl is beside torch, and how long a check takes beside other checkers."""
