"""Other people's layers: run in a process of their own, put to the cases, judged and explained."""
