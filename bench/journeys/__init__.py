"""How well journeys follow somebody over several cameras: `python -m bench.journeys`.

Owns the measuring, and the fitting of the weights that journeys are scored with. Consumes rendered sites with exact
truth, and the real clips of several cameras where they are at hand. Emits a table and, with `--fit`, the weights.
"""
