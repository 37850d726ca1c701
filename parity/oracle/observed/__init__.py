"""What somebody's model does in torch, recorded while it runs: operations, gradients, steps."""
