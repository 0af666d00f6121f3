"""Drops a process's privileges before it reads untrusted bytes: access to files, sockets, other processes, and root.

`python -m app.adapters.imaging.sandbox` applies all restrictions and prints the protections that the system supports.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import signal
import struct
import sys

LIMITS, FILTER = "resource limits", "seccomp"
AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    # Descriptors that are already open can be read and written.
    "read": (0, 63),
    "readv": (19, 65),
    "pread64": (17, 67),
    "write": (1, 64),
    "writev": (20, 66),
    "lseek": (8, 62),
    "fstat": (5, 80),
    "close": (3, 57),
    # Memory. `mmap` is allowed only for mappings that RLIMIT_DATA counts: neither shared ones nor growing stacks.
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "madvise": (28, 233),
    "brk": (12, 214),
    # Threads, which libvips, dav1d and libde265 start. `clone` is allowed for nothing else.
    "clone": (56, 220),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "gettid": (186, 178),
    "getpid": (39, 172),
    "exit": (60, 93),
    "exit_group": (231, 94),
    # The process's own signals, clocks and random numbers.
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "getrandom": (318, 278),
}
"""The allowed system calls, with their numbers on x86_64 and aarch64."""
CLONE3 = 435
"""Fails with ENOSYS, so that libraries fall back to `clone`, whose flags a filter can check."""

_NOBODY = 65534
_MOST_FILES = 16  # open descriptors; a decoder has four
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_THREAD, _MAP_SHARED, _MAP_GROWSDOWN = 0x10000, 0x01, 0x0100
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_NO_SUCH_CALL = 0x00050000 | errno.ENOSYS
_LIBC = ctypes.CDLL(None, use_errno=True)


def limit() -> None:
    """Prevent this process and its descendants from writing files and core dumps."""
    import resource

    for name in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(name, (0, 0))


def seal(parent: int) -> tuple[str, ...]:
    """Permanently drop every privilege that decoding does not need. Returns the names of the protections in effect.

    The process must have a single thread and be a child of the process `parent`; it is killed when `parent` ends. It
    cannot open files afterwards, so modules that would be loaded lazily must already be loaded.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES, _MOST_FILES))
    _become_nobody()
    if sys.platform != "linux":
        # On Linux this limit counts threads as well, and those of other containers that run as the same user.
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        return (LIMITS,)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which resets it
    if os.getppid() != parent:
        raise ProcessLookupError("the parent has ended already")
    _prctl(_PR_SET_DUMPABLE, 0)
    return (LIMITS, FILTER) if _filter_calls() else (LIMITS,)


def hide_memory() -> None:
    """Make this process's memory and environment in /proc inaccessible to unprivileged processes of the same user."""
    if sys.platform == "linux":
        _prctl(_PR_SET_DUMPABLE, 0)


def program(machine: str) -> bytes:
    """The seccomp filter in classic BPF. A call that is not allowed fails with EPERM.

    Calls for another architecture, such as those of 32-bit programs, have other numbers, so they kill the process.
    """
    numbers = dict(zip(CALLS, (each[machine == "aarch64"] for each in CALLS.values()), strict=True))
    clone, mmap = numbers.pop("clone"), numbers.pop("mmap")
    number, architecture, first_argument, fourth_argument = 0, 4, 16, 40  # offsets in struct seccomp_data
    return b"".join(
        [
            _load(architecture),
            _if_equal(AUDIT_ARCHITECTURES[machine], 1, 0),
            _return(_KILL),
            _load(number),
            *(_if_equal(each, 0, 1) + _return(_ALLOW) for each in numbers.values()),
            _if_equal(CLONE3, 0, 1),
            _return(_NO_SUCH_CALL),
            _if_equal(clone, 0, 4),
            _load(first_argument),
            _if_any_bit(_CLONE_THREAD, 0, 1),
            _return(_ALLOW),
            _return(_REFUSE),
            _if_equal(mmap, 0, 3),
            _load(fourth_argument),
            _if_any_bit(_MAP_SHARED | _MAP_GROWSDOWN, 1, 0),
            _return(_ALLOW),
            _return(_REFUSE),
        ]
    )


def _become_nobody() -> None:
    """Change from root to an unprivileged user. Errors are ignored: in a container, root may not be allowed to."""
    if os.geteuid() != 0:
        return
    with contextlib.suppress(OSError):
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)


def _filter_calls() -> bool:
    """Install the seccomp filter. Returns False if the kernel does not support it."""
    machine = platform.machine()
    if machine not in AUDIT_ARCHITECTURES:
        return False
    code = program(machine)
    instructions = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

    about = Program(len(code) // 8, ctypes.addressof(instructions))
    try:
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(about))
    except OSError:  # a kernel without seccomp, or a container that blocks it
        return False
    return True


def _prctl(option: int, *values: int) -> None:
    arguments = [ctypes.c_ulong(each) for each in (*values, 0, 0, 0, 0)[:4]]
    if _LIBC.prctl(ctypes.c_int(option), *arguments) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", 0x20, 0, 0, offset)


def _if_equal(value: int, then_skip: int, else_skip: int) -> bytes:
    return struct.pack("=HBBI", 0x15, then_skip, else_skip, value)


def _if_any_bit(bits: int, then_skip: int, else_skip: int) -> bytes:
    return struct.pack("=HBBI", 0x45, then_skip, else_skip, bits)


def _return(value: int) -> bytes:
    return struct.pack("=HBBI", 0x06, 0, 0, value)


if __name__ == "__main__":
    limit()
    print(*seal(os.getppid()), sep=", ")
