"""torch beside refimpl: a layer case, a network, its training, half precision."""
