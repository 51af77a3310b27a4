"""The Python interface: load a file, solve, read the answers, verify them. The command line is a skin over this.

Nothing is imported here: `npudsl show` and `npudsl eval` use a part of this package and must not wait for the solver.
"""
