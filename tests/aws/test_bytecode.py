"""The packages of the functions hold bytecode: their folder is read-only, and every cold start would compile anew."""

from __future__ import annotations

import marshal
import re
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

from tests import processes
from tests.aws import sam
from tests.sources import ROOT


def compiled(folder: Path, version: str) -> str:
    """What the build prints as it compiles the folder."""
    names = [f"ARTIFACTS_DIR={folder}", f"LAMBDA_PYTHON={version}", f"PYTHON={sys.executable}"]
    command = ["make", "--silent", "lambda-bytecode", *names]
    return processes.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_the_makefile_builds_for_the_functions_python() -> None:
    (version,) = re.findall(r"^LAMBDA_PYTHON := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert sam.resource("WebFunction")["Runtime"] == sam.resource("SweepFunction")["Runtime"] == f"python{version}"


def test_bytecode_holds_whatever_the_dates_of_the_files(tmp_path: Path) -> None:
    source = tmp_path / "app" / "core.py"
    source.parent.mkdir()
    source.write_text("told = 1\n")
    assert compiled(tmp_path, "{}.{}".format(*sys.version_info)) == ""
    data = Path(cache_from_source(str(source))).read_bytes()
    assert (data[:4], data[4:8]) == (MAGIC_NUMBER, bytes([1, 0, 0, 0]))  # by hash, and never compared
    assert marshal.loads(data[16:]).co_filename == "/var/task/app/core.py"


def test_without_the_functions_python_the_build_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    assert compiled(tmp_path, "2.9") == "Python 2.9 was not found: without its bytecode, cold starts take longer\n"
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]
