"""How far an error of the inputs moves an output: the accumulated bounds of networks."""
