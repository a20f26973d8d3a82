"""Measurements: speed, scale and accuracy. Never a pass or fail on seconds.

Each is a module, `python -m bench.NAME [--json FILE]`: it prints a table for people and writes
`{name, commit, machine, settings, figures}` for programs.
"""
