"""Worked examples: what a function computes, step by step, in small exact numbers."""
