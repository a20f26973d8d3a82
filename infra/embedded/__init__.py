"""The embedded stack: real Postgres, Valkey, S3 (Swift) and Triton from their PyPI packages, and Sightline on top.

Owns: one state folder (`.sightline`) with the servers' data, logs, generated passwords and chosen ports, and the
supervisor that keeps them alive. Serves: `sightline up`, the demo and the tests, all through `infra.embedded.stack`.

    launch.py      runs one child: another user, open folders, death with its parent
    processes.py   who is who in /proc: identities that outlive pid reuse, orphans
    state.py       the state folder and what is remembered in it
    postgres.py valkey.py swift.py triton.py    one server each: prepare, command, health
    topology.py    the table of everything that runs, and what needs what
    supervisor.py  keeps the table running
    stack.py       the API for Python programs
"""
