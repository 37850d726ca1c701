"""The exact value of every element: several methods behind one interface, `values`."""
