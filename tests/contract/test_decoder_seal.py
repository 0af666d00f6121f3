"""Whoever takes over a decoder gets nowhere: no file, no network, no other process, no secret.

Each probe is run by a decoder's own process, after it has sealed itself and before it would open its photo.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.adapters.compute import ThreadCompute
from app.adapters.imaging import imaging_subprocess, sandbox
from app.adapters.imaging.imaging_subprocess import ImagingSubprocess
from tests import pictures, processes
from tests.contract import probing_decoder

SEALED = sys.platform == "linux" and platform.machine() in sandbox.AUDIT_ARCHITECTURES
pytestmark = pytest.mark.skipif(not SEALED, reason="the filter is for Linux on x86_64 and aarch64")
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.fixture(scope="module")
def taken_over() -> Iterator[ImagingSubprocess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imaging_subprocess, "PROGRAM", probing_decoder.__name__)
        patch.setitem(imaging_subprocess.decoder.ENGINES, "probing", probing_decoder.Probing)
        patch.setenv("TOKEN_KEY", "planted")
        imaging = ImagingSubprocess("probing", ThreadCompute())
        yield imaging
        asyncio.run(imaging.close())


def probed(imaging: ImagingSubprocess, code: str) -> str:
    """What this expression gives in a decoder."""
    photo = pictures.good("png").data + probing_decoder.PROBE + code.encode()
    picture = asyncio.run(imaging.develop(photo, crop=None, width=320, height=240, mime="image/png"))
    pixels = np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB"))
    return pixels.tobytes().rstrip(b"\0").decode()


def test_a_probe_gives_what_it_finds(taken_over: ImagingSubprocess) -> None:
    assert probed(taken_over, "6 * 7") == "42"


REACHES = {
    "the app's environment": "open('/proc/{app}/environ', 'rb').read()",
    "the app's memory": "open('/proc/{app}/mem', 'rb').read(1)",
    "its server's environment": "open(f'/proc/{os.getppid()}/environ', 'rb').read()",
    "its own environment, as it was": "open('/proc/self/environ', 'rb').read()",
    "the database": "open('{database}', 'rb').read()",
    "a folder": "os.listdir('{folder}')",
    "what a file is": "os.stat('{database}')",
    "a file that it writes": "open('{folder}/new', 'w')",
    "a file that it deletes": "os.unlink('{database}')",
    "a file that it renames": "os.rename('{database}', '{database}2')",
    "a link": "os.symlink('{database}', '{folder}/link')",
    "a file in memory": "os.memfd_create('new')",
    "memory that is shared, which no limit counts": "mmap.mmap(-1, 4096)",
    "a stack, which no limit counts": "mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100)",
    "a socket to the network": "socket.create_connection(('127.0.0.1', 9))",
    "a socket": "socket.socket(socket.AF_UNIX)",
    "a pair of sockets": "socket.socketpair()",
    "a pipe": "os.pipe()",
    "another process": "os.fork()",
    "another process, by way of another call": "ctypes.CDLL(None, use_errno=True).vfork() or 'a child'",
    "another program": "os.execv('/bin/true', ['true'])",
    "another program, beside itself": "subprocess.run(['/bin/true'])",
    "the app's end": "os.kill({app}, signal.SIGKILL)",
    "its server's end": "os.kill(os.getppid(), signal.SIGKILL)",
    "everybody's end": "os.kill(-1, signal.SIGKILL)",
    "root": "os.setuid(0)",
    "more processor time": "resource.setrlimit(resource.RLIMIT_CPU, (99, 99))",
    "another's limits": "resource.prlimit({app}, resource.RLIMIT_CPU, (1, 1))",
    "another root folder": "os.chroot('{folder}')",
    "the machine's name": "os.uname()",
    "another priority": "os.nice(-5)",
    "a duplicate of what is open": "os.dup(3)",
}
CALLS_OF_ITS_OWN = {
    "ptrace": "101, 16, {app}, 0, 0",
    "process_vm_readv": "310, {app}, 0, 0, 0, 0, 0",
    "unshare": "272, 0x10000000",
    "pidfd_open": "434, {app}, 0",
    "io_uring_setup": "425, 1, 0",
    "bpf": "321, 0, 0, 0",
    "perf_event_open": "298, 0, 0, -1, -1, 0",
    "prctl": "157, 4, 1",
    "keyctl": "250, 0, 0",
    "a fork by clone": "56, 17, 0, 0, 0, 0",
    "the 32-bit numbers of x32": "0x40000000 + 2, 0, 0, 0",
}


@pytest.mark.parametrize("goal", REACHES)
def test_a_decoder_that_is_taken_over_does_not_reach(taken_over: ImagingSubprocess, goal: str, tmp_path: Path) -> None:
    database = tmp_path / "artify.db"
    database.write_bytes(b"rows")
    tmp_path.chmod(0o777)
    code = REACHES[goal]
    for name, value in (("app", os.getpid()), ("database", database), ("folder", tmp_path)):
        code = code.replace(f"{{{name}}}", str(value))
    found = probed(taken_over, code)
    assert "not permitted" in found or "not allowed" in found or found == "-1"
    assert list(tmp_path.iterdir()) == [database]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("call", CALLS_OF_ITS_OWN)
def test_a_decoder_cannot_make_the_call(taken_over: ImagingSubprocess, call: str) -> None:
    libc = "(lambda libc: (libc.syscall({}), ctypes.get_errno()))(ctypes.CDLL(None, use_errno=True))"
    code = libc.format(CALLS_OF_ITS_OWN[call].replace("{app}", str(os.getpid())))
    assert probed(taken_over, code) == "(-1, 1)"


def test_a_decoder_has_no_setting_of_the_apps_in_its_memory(taken_over: ImagingSubprocess) -> None:
    assert probed(taken_over, "[name for name in os.environ if name.endswith('_KEY')]") == "[]"


def test_a_sealed_process_has_no_privileges() -> None:
    """Root is nobody from then on."""
    code = "status = open('/proc/self/status'); seal(os.getppid()); print(status.read())"
    command = [sys.executable, "-c", f"import os; from app.adapters.imaging.sandbox import seal; {code}"]
    said = processes.run(command, capture_output=True, text=True, check=True).stdout
    status = dict(line.split(":\t") for line in said.splitlines() if ":\t" in line)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert int(status["CapEff"], 16) == 0
    if os.geteuid() == 0:
        assert set(status["Uid"].split()) == {"65534"}


def test_a_decoder_has_nothing_open_but_its_photos_socket(taken_over: ImagingSubprocess) -> None:
    """0, 1 and 2 lead nowhere."""
    code = "(lambda libc: [each for each in range(40) if libc.lseek(each, 0, 1) == 0 or ctypes.get_errno() == 29])"
    found = probed(taken_over, code + "(ctypes.CDLL(None, use_errno=True))")
    opened = json.loads(found)
    assert opened[:3] == [0, 1, 2]
    assert len(opened) == 4


def test_a_decoder_can_have_memory_within_its_allowance(taken_over: ImagingSubprocess) -> None:
    assert probed(taken_over, "len(bytearray(100_000_000))") == "100000000"
    assert probed(taken_over, "len(bytearray(1_500_000_000))") == "MemoryError: "


def test_a_decoder_can_start_threads(taken_over: ImagingSubprocess) -> None:
    code = "(lambda done: (threading.Thread(target=done.set).start(), done.wait(5))[1])(threading.Event())"
    assert probed(taken_over, code) == "True"


def test_each_photo_has_a_process_that_has_seen_no_other(taken_over: ImagingSubprocess) -> None:
    ids = {probed(taken_over, "os.getpid()") for _ in range(3)}
    assert len(ids) == 3
    assert probed(taken_over, "setattr(os, 'left', 1) or os.left") == "1"
    assert probed(taken_over, "hasattr(os, 'left')") == "False"
    assert not [each for each in ids if (Path("/proc") / each).exists()]


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_of_calls_are_the_kernels(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    known = {}
    for line in header.read_text().splitlines():
        match line.split():
            case ["#define", name, number] if number.isdigit():
                known[name.removeprefix("__NR3264_").removeprefix("__NR_")] = int(number)
    numbers = {name: both[machine == "aarch64"] for name, both in sandbox.CALLS.items()}
    assert {name: known.get(name) for name in numbers} == numbers
    assert known["clone3"] == sandbox.CLONE3


def test_a_process_says_which_protections_hold() -> None:
    said = processes.run([sys.executable, "-m", sandbox.__name__], capture_output=True, text=True, check=True)
    assert said.stdout == "resource limits, seccomp\n"


def test_a_system_without_the_filter_still_has_limits() -> None:
    code = "import os, platform; platform.machine = lambda: 'other'; from app.adapters.imaging import sandbox; "
    command = [sys.executable, "-c", code + "print(sandbox.seal(os.getppid()))"]
    assert processes.run(command, capture_output=True, text=True, check=True).stdout == "('resource limits',)\n"
