"""Shuts the child in: resource limits, no new privileges, no network, no other programs, only its own files.

Layers, each holding where the others are missing: rlimits (everywhere), a network namespace of its own, a Landlock
rule set (Linux ≥ 5.13), a seccomp filter (Linux on x86_64 and aarch64). `confine` says which of them hold.

Sources: seccomp(2), landlock(7), the kernel's syscall tables.
"""

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Sequence

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_PR_SET_DUMPABLE = 4
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_CLONE_THREAD = 0x00010000

# What a decoder never needs: network, other programs and processes, privileges, mounts, keys, changing the file tree.
_X86_64 = {
    "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "recvfrom": 45, "sendmsg": 46, "recvmsg": 47,
    "bind": 49, "listen": 50, "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "rename": 82,
    "link": 86, "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94,
    "ptrace": 101, "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114, "setgroups": 116,
    "setresuid": 117, "setresgid": 119, "capset": 126, "rt_sigqueueinfo": 129, "mknod": 133, "personality": 135,
    "pivot_root": 155, "setrlimit": 160, "chroot": 161, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
    "reboot": 169, "init_module": 175, "delete_module": 176, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190,
    "tkill": 200, "tgkill": 234, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
    "mknodat": 259, "fchownat": 260, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266,
    "fchmodat": 268, "unshare": 272, "accept4": 288, "rt_tgsigqueueinfo": 297, "perf_event_open": 298,
    "recvmmsg": 299, "prlimit64": 302, "name_to_handle_at": 303, "open_by_handle_at": 304, "sendmmsg": 307,
    "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313, "renameat2": 316,
    "kexec_file_load": 320, "bpf": 321, "execveat": 322, "userfaultfd": 323,
}  # fmt: skip
_AARCH64 = {
    "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "mknodat": 33, "unlinkat": 35, "symlinkat": 36, "linkat": 37,
    "renameat": 38, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "fchmod": 52, "fchmodat": 53,
    "fchownat": 54, "fchown": 55, "capset": 91, "personality": 92, "unshare": 97, "kexec_load": 104,
    "init_module": 105, "delete_module": 106, "ptrace": 117, "kill": 129, "tkill": 130, "tgkill": 131,
    "rt_sigqueueinfo": 138, "reboot": 142, "setregid": 143, "setgid": 144, "setreuid": 145, "setuid": 146,
    "setresuid": 147, "setresgid": 149, "setgroups": 159, "setrlimit": 164, "socket": 198, "socketpair": 199,
    "bind": 200, "listen": 201, "accept": 202, "connect": 203, "sendto": 206, "recvfrom": 207, "sendmsg": 211,
    "recvmsg": 212, "add_key": 217, "request_key": 218, "keyctl": 219, "execve": 221, "swapon": 224, "swapoff": 225,
    "rt_tgsigqueueinfo": 240, "perf_event_open": 241, "accept4": 242, "recvmmsg": 243, "prlimit64": 261,
    "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268, "sendmmsg": 269, "process_vm_readv": 270,
    "process_vm_writev": 271, "finit_module": 273, "renameat2": 276, "bpf": 280, "execveat": 281,
    "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip
# Calls that are younger than the split of the tables have one number everywhere.
_EVERYWHERE = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "pidfd_open": 434,
    "pidfd_getfd": 438, "mount_setattr": 442, "fchmodat2": 452,
}  # fmt: skip
_CLONE3 = 435
_MACHINES = {
    "x86_64": (0xC000003E, _X86_64, 56),
    "aarch64": (0xC00000B7, _AARCH64, 220),
}
"""AUDIT_ARCH word, syscall numbers, the number of clone."""


def detach_network() -> bool:
    """Moves this process into an empty network namespace, where the kernel lets it. Call before threads exist."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def confine(
    *,
    memory_bytes: int,
    cpu_seconds: int,
    written_bytes: int,
    writable: str | None,
    readable: Sequence[str],
) -> list[str]:
    """Takes everything away for good. Returns the names of the layers that hold.

    Files: `readable` and the Python installation can be read, below `writable` files can be made; nothing else (where
    Landlock is there).
    """
    layers = ["rlimits"]
    _limit_resources(memory_bytes, cpu_seconds, written_bytes)
    if sys.platform != "linux":
        return layers
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return layers
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if _restrict_files(libc, writable, readable):
        layers.append("landlock")
    if _filter_syscalls(libc):
        layers.append("seccomp")
    return layers


def _limit_resources(memory_bytes: int, cpu_seconds: int, written_bytes: int) -> None:
    limits = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, written_bytes),
        (resource.RLIMIT_NOFILE, 64),
    ]
    if sys.platform == "linux":
        # macOS takes the limit and does not hold it.
        limits.append((resource.RLIMIT_AS, memory_bytes))
    for kind, wanted in limits:
        _, hard = resource.getrlimit(kind)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        # SIGXCPU, by which the parent knows the cause, comes at the soft limit; SIGKILL at the hard one.
        ceiling = value + 5 if kind == resource.RLIMIT_CPU and hard == resource.RLIM_INFINITY else value
        resource.setrlimit(kind, (value, ceiling))


# Landlock ------------------------------------------------------------------------------------------------------------

_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_ADD_RULE = 445
_LANDLOCK_RESTRICT_SELF = 446
_LANDLOCK_VERSION = 1
_RULE_PATH_BENEATH = 1
_FS_WRITE_FILE = 1 << 1
_FS_READ_FILE = 1 << 2
_FS_READ_DIR = 1 << 3
_FS_MAKE_REG = 1 << 8
_FS_TRUNCATE = 1 << 14
_FS_ALL_OF_FIRST_VERSION = (1 << 13) - 1


def _restrict_files(libc: ctypes.CDLL, writable: str | None, readable: Sequence[str]) -> bool:
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION)
    if version < 1:
        return False
    handled = _FS_ALL_OF_FIRST_VERSION
    if version >= 2:
        handled |= 1 << 13  # moving between folders
    if version >= 3:
        handled |= _FS_TRUNCATE
    rules = struct.pack("<Q", handled)
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return False
    installation = [sys.base_prefix, sys.prefix, "/usr/lib", "/lib", "/lib64"]
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH120, PTH100
    for path in [*installation, package]:
        _allow(libc, ruleset, path, _FS_READ_FILE | _FS_READ_DIR)
    for path in readable:
        _allow(libc, ruleset, path, _FS_READ_FILE)
    if writable is not None:
        rights = _FS_READ_FILE | _FS_READ_DIR | _FS_WRITE_FILE | _FS_MAKE_REG | (handled & _FS_TRUNCATE)
        _allow(libc, ruleset, writable, rights)
    held = bool(libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0)
    os.close(ruleset)
    return held


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    if not os.path.exists(path):  # noqa: PTH110
        return
    if not os.path.isdir(path):  # noqa: PTH112
        rights &= ~_FS_READ_DIR
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("<Qi", rights, parent)
    held = libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    os.close(parent)
    if held != 0:
        raise OSError(ctypes.get_errno(), f"Landlock refused the rule for {path}")


# seccomp -------------------------------------------------------------------------------------------------------------

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_REFUSE = 0x00050000
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000


def _instruction(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _filter(machine: str) -> bytes:
    """The BPF program: a foreign calling convention kills, refused calls say EPERM, only threads may be started."""
    architecture, numbers, clone = _MACHINES[machine]
    refused = sorted({*numbers.values(), *_EVERYWHERE.values()})
    program = [
        _instruction(_LOAD, 0, 0, _AT_ARCHITECTURE),
        _instruction(_EQUAL, 1, 0, architecture),
        _instruction(_RETURN, 0, 0, _KILL),
        _instruction(_LOAD, 0, 0, _AT_NUMBER),
        _instruction(_AT_LEAST, 0, 1, _X32),
        _instruction(_RETURN, 0, 0, _KILL),
    ]
    for number in refused:
        program += [_instruction(_EQUAL, 0, 1, number), _instruction(_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    # clone3 hides its flags in memory, where a filter cannot look: libc falls back to clone on ENOSYS.
    program += [_instruction(_EQUAL, 0, 1, _CLONE3), _instruction(_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
    program += [
        _instruction(_EQUAL, 0, 3, clone),
        _instruction(_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        _instruction(_ANY_BIT, 1, 0, _CLONE_THREAD),
        _instruction(_RETURN, 0, 0, _REFUSE | errno.EPERM),
        _instruction(_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(program)


def _filter_syscalls(libc: ctypes.CDLL) -> bool:
    machine = platform.machine()
    if machine not in _MACHINES or sys.byteorder != "little":
        return False
    program = _filter(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog { unsigned short len; struct sock_filter *filter; }
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(header), 0, 0) == 0)
