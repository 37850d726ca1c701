"""How a problem is put to code of other conventions, and how its answer is read: a file a style."""
