"""Operations that refimpl has no function for: moves, sums, functions of one element."""
