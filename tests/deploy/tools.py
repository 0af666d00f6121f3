"""Whether a command of a guide is one that its tool knows: the subcommand, each option, and what must be given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import botocore.session
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from handlers import cli
from handlers.routes import ROUTES
from tests.edge import workerd
from tests.sources import ROOT

SAM = {
    "build": set[str](),
    "deploy": {"--stack-name", "--resolve-s3", "--resolve-image-repos", "--capabilities", "--parameter-overrides"},
    "logs": {"--cw-log-group", "--tail"},
    "delete": {"--stack-name"},
}
"""Of what `sam` 1.170.0 lists as its options, those that the guide uses."""
SHOPIFY = {"app deploy": {"--config"}}
"""As SAM, of Shopify CLI 4.8.2."""
CLOUDFLARED = {"tunnel": {"--url"}}
"""As SAM, of cloudflared 2025.8.1."""
UVICORN = {"handlers.server:app": {"--port", "--http"}}
PLAIN = {".", "git", "rm", "openssl", "pg_dump", "export", "printf"}
AWS_OPTIONS = {"--query", "--output"}


def problem(command: list[str]) -> str | None:
    """What is wrong with a command, or None."""
    tool, *words = command
    if tool in PLAIN or "=" in tool:
        return None
    check = CHECKS.get(tool)
    found = check(words) if check else "no such tool is known here"
    return f"{' '.join(command)}: {found}" if found else None


def _wrangler(words: list[str]) -> str | None:
    names, options = _split(words)
    usage = _usage(" ".join(names))
    if usage is None:
        return f"tests/deploy/wrangler.json has no command of wrangler that begins {' '.join(names)}"
    fixed = [word for word in usage.line.split()[1:] if word[0] not in "<["]
    places = [word for word in usage.line.split()[1:] if word[0] in "<["]
    given = names[len(fixed) :]
    if len(given) > len(places):
        return f"wrangler knows only: {usage.line}"
    if len(given) < sum(place[0] == "<" for place in places):
        return f"something is missing: {usage.line}"
    return _unknown(options, set(usage.options))


@dataclass(frozen=True)
class Usage:
    """What wrangler says of one of its commands: the line with its arguments, and its options."""

    line: str
    options: list[str]


WRANGLER = json.loads(Path(__file__).with_name("wrangler.json").read_text())
"""The usage of commands in the guides, and the version that it is of: asking wrangler takes seconds for each."""
USAGES = {command: Usage(**usage) for command, usage in WRANGLER["commands"].items()}


def _usage(words: str) -> Usage | None:
    """The usage of the command that these words begin with."""
    return next((usage for command, usage in USAGES.items() if f"{words} ".startswith(f"{command} ")), None)


def asked_of_wrangler(command: str) -> Usage:
    """The usage as the installed wrangler prints it."""
    text = workerd.wrangler(ROOT, *command.split(), "--help")
    line = next(line for line in text.splitlines() if line.startswith("wrangler"))
    return Usage(line, sorted(set(re.findall(r"--[a-z][\w-]*", text))))


def _aws(words: list[str]) -> str | None:
    """By the description of AWS's services that boto3 brings along."""
    service, operation, *rest = words
    try:
        model = botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        return "no such service"
    named = {_dashed(name): name for name in model.operation_names}
    if operation not in named:
        return "no such operation"
    shape = model.operation_model(named[operation]).input_shape
    known = {f"--{_dashed(name)}" for name in shape.members}
    needed = {f"--{_dashed(name)}" for name in shape.required_members}
    missing = needed - set(rest)
    return f"{missing} is missing" if missing else _unknown(_split(rest)[1], known | AWS_OPTIONS)


def _sam(words: list[str]) -> str | None:
    return _listed(words, SAM)


def _shopify(words: list[str]) -> str | None:
    return _listed(words, SHOPIFY)


def _cloudflared(words: list[str]) -> str | None:
    return _listed(words, CLOUDFLARED)


def _uvicorn(words: list[str]) -> str | None:
    return _listed(words, UVICORN)


def _listed(words: list[str], tool: dict[str, set[str]]) -> str | None:
    name = next((name for name in tool if " ".join(words).startswith(name)), None)
    return _unknown(_split(words)[1], tool[name]) if name else "no such command is known here"


def _make(words: list[str]) -> str | None:
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.M)
    return _unknown(words, set(targets))


def _artify(words: list[str]) -> str | None:
    try:
        cli.main([*words, "--help"])
    except SystemExit as ended:
        return None if ended.code == 0 else "artify does not know this"
    return "artify did not read this"


def _curl(words: list[str]) -> str | None:
    paths = {getattr(route, "path", "") for route in ROUTES}
    asked = words[-1].replace("$APP_URL", "")
    return None if asked in paths else f"the app has no {asked}"


def _npm(words: list[str]) -> str | None:
    """The version of wrangler is the one that the tests run."""
    wanted = [word.partition("@")[2] for word in words if word.startswith("wrangler@")]
    ours = WRANGLER["version"]
    return None if all(version == ours for version in wanted) else f"the tests run wrangler {ours}"


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """What stands before the first option, and the options."""
    first = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:first], [word.partition("=")[0] for word in words if word.startswith("--")]


def _unknown(given: list[str], known: set[str]) -> str | None:
    strange = sorted(set(given) - known)
    return f"{', '.join(strange)} is not known" if strange else None


def _dashed(name: str) -> str:
    return xform_name(name, "-")


CHECKS: dict[str, Callable[[list[str]], str | None]] = {
    "wrangler": _wrangler,
    "aws": _aws,
    "sam": _sam,
    "shopify": _shopify,
    "make": _make,
    ".venv/bin/artify": _artify,
    ".venv/bin/uvicorn": _uvicorn,
    "cloudflared": _cloudflared,
    "curl": _curl,
    "npm": _npm,
}
