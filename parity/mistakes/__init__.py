"""Known mistakes: wrong versions of `refimpl`'s functions that the checks must refuse."""
