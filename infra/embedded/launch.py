"""Run one command as a supervised child: `python -I -S launch.py [options] -- command...`.

Stands alone (standard library only, run by path) and replaces itself by the command. Doing this in a fresh process
rather than between fork and exec keeps the supervisor free to use threads.

--death-signal N     the kernel sends signal N to the command when the supervisor dies, even by SIGKILL
--parent PID         give up if the supervisor died before the request above was in place
--user NAME          change to this user (needs root)
--directory FD=PATH  open the folder PATH before changing user and leave it open as file descriptor FD: the command
                     reaches it as /proc/self/fd/FD even where the folders above shut its user out
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(death_signal: int, parent: int) -> None:
    """Ask the kernel to send `death_signal` to this process when its parent dies; exit if it is dead already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if parent and os.getppid() != parent:
        sys.exit(0)


def _open_directories(wanted: list[str]) -> None:
    for entry in wanted:
        number, _, path = entry.partition("=")
        opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        os.dup2(opened, int(number), inheritable=True)
        os.close(opened)


def _become(name: str) -> None:
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def main() -> None:
    """Do what the options say, then become the command."""
    parser = argparse.ArgumentParser(prog="launch")
    parser.add_argument("--death-signal", type=int, default=0)
    parser.add_argument("--parent", type=int, default=0)
    parser.add_argument("--user", default="")
    parser.add_argument("--directory", action="append", default=[])
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args()
    _open_directories(wanted.directory)
    if wanted.user:
        _become(wanted.user)
    if wanted.death_signal:
        # After the change of user: the kernel forgets the request when credentials change.
        die_with_parent(wanted.death_signal, wanted.parent)
    os.execvpe(wanted.command[0], wanted.command, os.environ)  # noqa: S606  a list, no shell, and no return


if __name__ == "__main__":
    main()
