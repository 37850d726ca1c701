"""What the server of processes loads first: from then on it looks for garbage seldom.

Looking would take a fifth of the time in which it loads torch, of which nothing is garbage.
"""

from parity.environment.garbage import look_seldom

look_seldom()
