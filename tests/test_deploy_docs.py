"""The deployment guides: blocks that need no account are run; of the others, every command and name is looked up."""

from __future__ import annotations

import base64
import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.settings import Settings, SettingsError
from tests import postgres, processes, soak
from tests.aws import sam
from tests.deploy import tools, typed
from tests.deploy.guide import AWS, CLOUDFLARE, INSTALL, Guide
from tests.deploy.typed import Typed
from tests.edge import workerd
from tests.ports import free_port
from tests.sources import ROOT

GUIDES = pytest.mark.parametrize("guide", [CLOUDFLARE, AWS], ids=lambda guide: guide.path.stem)
ALL_GUIDES = pytest.mark.parametrize("guide", [CLOUDFLARE, AWS, INSTALL], ids=lambda guide: guide.path.stem)
MOST_COMPRESSED = 5_000_000
"""Bytes of the worker as it is sent."""
DEMO = ("127.0.0.1", "artify-demo-key")
KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture(scope="module")
def on_cloudflare(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Skips, with the reason, where there is no wrangler."""
    workerd.needed()
    return typed.run(CLOUDFLARE.of("sh"), tmp_path_factory.mktemp("cloudflare"), workerd.environ(), {})


@pytest.fixture(scope="module")
def on_aws(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    [example] = re.findall(r"DATABASE_URL=(\S+)", AWS.text)
    return typed.run(AWS.of("sh"), tmp_path_factory.mktemp("aws"), os.environ, {example: postgres.made()})


def wrangler_toml(text: str | None = None) -> dict[str, Any]:
    return tomllib.loads(text or (ROOT / "wrangler.toml").read_text("utf-8"))


def settings() -> set[str]:
    """Every name that the settings read."""

    class Noted(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            asked.add(name)
            return default

    asked: set[str] = set()
    with pytest.raises(SettingsError):
        Settings.load(Noted())
    return asked


def secrets_put() -> set[str]:
    return {words[3] for words in CLOUDFLARE.account_commands if words[:3] == ["wrangler", "secret", "put"]}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """The guide to a development store, as far as it can be followed without an account."""
    settings = {name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_URL"))}
    return typed.run(INSTALL.of("sh"), tmp_path_factory.mktemp("installed"), settings, {})


@ALL_GUIDES
def test_every_command_that_needs_an_account_is_one_that_its_tool_knows(guide: Guide) -> None:
    workerd.needed()
    commands = guide.account_commands
    assert len(commands) >= (7 if guide is INSTALL else 20)
    assert [found for command in commands if (found := tools.problem(command))] == []


@pytest.mark.parametrize(
    "command",
    [
        "wrangler d1 crate artify",
        "wrangler d1 create",
        "wrangler deploy --dry-runs",
        "aws secretsmanager create-secret --nam artify",
        "aws sqs make-queue",
        "sam deploy --stack artify",
        "shopify app launch",
        "make wonders",
        ".venv/bin/artify db migrat",
        "curl --fail $APP_URL/health",
        "kubectl apply",
        "cloudflared tunnel --address http://127.0.0.1:8000",
        ".venv/bin/uvicorn handlers.server:app --prot 8000",
    ],
)
def test_a_command_that_its_tool_does_not_know_is_found(command: str) -> None:
    workerd.needed()
    assert tools.problem(command.split()) is not None


@pytest.mark.parametrize("command", soak.choice(list(tools.USAGES), ["queues create"]))
def test_the_usage_that_guides_are_compared_with_is_wranglers_own(command: str) -> None:
    workerd.needed()
    assert tools.WRANGLER["version"] == workerd.wrangler(ROOT, "--version").strip()
    assert tools.asked_of_wrangler(command) == tools.USAGES[command]


@ALL_GUIDES
def test_every_block_is_of_a_kind_that_a_test_knows(guide: Guide) -> None:
    assert {block.kind for block in guide.blocks} <= {"sh", "sh account", "sh docker", "toml wrangler.toml"}
    assert guide.text.count("```") == 2 * len(guide.blocks)


@GUIDES
def test_a_guide_names_every_setting_that_its_file_does_not_set(guide: Guide) -> None:
    told = wrangler_toml()["vars"] if guide is CLOUDFLARE else sam.environment()
    assert {
        name for name in settings() - set(told) if f"`{name}`" not in guide.text and f" {name}" not in guide.text
    } == set()


@ALL_GUIDES
def test_a_guide_names_no_setting_and_no_variable_that_there_is_not(guide: Guide) -> None:
    config = wrangler_toml()
    bindings = {each["binding"] for kind in ("d1_databases", "r2_buckets") for each in config[kind]}
    bindings |= {each["binding"] for each in config["queues"]["producers"]}
    bindings |= {config["images"]["binding"]}
    exported = set(re.findall(r"export (\w+)=", guide.text))
    named = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)`", guide.text)) | set(
        re.findall(r"\$\{?([A-Z]\w+)", guide.text)
    )
    assert named <= settings() | bindings | exported


def test_the_page_about_configuration_lists_every_setting_and_no_other() -> None:
    rows = re.findall(r"^\| (`[A-Z].*?) \|", (ROOT / "docs" / "configuration.md").read_text("utf-8"), re.M)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(settings())


def test_the_worker_has_all_settings_once_the_secrets_are_put() -> None:
    told = wrangler_toml()["vars"] | dict.fromkeys(secrets_put(), KEY)
    assert secrets_put() <= settings()
    assert Settings.load(told).ai_provider == "gemini"


def test_the_guide_makes_and_removes_everything_that_the_worker_is_bound_to() -> None:
    config = wrangler_toml()
    [database], [bucket] = config["d1_databases"], config["r2_buckets"]
    queues = {each["queue"] for each in config["queues"]["producers"]}
    queues |= {name for each in config["queues"]["consumers"] for name in (each["queue"], each["dead_letter_queue"])}
    things = {("d1", database["database_name"]), ("r2 bucket", bucket["bucket_name"])} | {
        ("queues", name) for name in queues
    }
    for verb in ("create", "delete"):
        typed = {
            " ".join(words[1:]) for words in CLOUDFLARE.account_commands if verb in words[2:4] and words[1] != "secret"
        }
        assert typed == {f"{kind} {verb} {name}" for kind, name in things}


def test_the_database_is_migrated_by_its_binding() -> None:
    [database] = wrangler_toml()["d1_databases"]
    assert (ROOT / database["migrations_dir"]).is_dir()
    commands = [words for words in CLOUDFLARE.account_commands if words[1:2] == ["d1"] and "--remote" in words]
    assert len(commands) >= 2
    assert [words for words in commands if database["binding"] not in words] == []


def test_wrangler_toml_takes_what_was_exported(on_cloudflare: Typed) -> None:
    config = wrangler_toml(on_cloudflare.read("wrangler.toml"))
    exported = dict(re.findall(r"export (\w+)=(\S+)", CLOUDFLARE.text))
    given = {"APP_URL": exported["APP_URL"], "SHOPIFY_API_KEY": exported["SHOPIFY_API_KEY"]}
    assert config == wrangler_toml() | {
        "vars": wrangler_toml()["vars"] | given,
        "d1_databases": [wrangler_toml()["d1_databases"][0] | {"database_id": exported["DATABASE_ID"]}],
    }


def test_every_migration_was_applied_locally(on_cloudflare: Typed) -> None:
    names = [path.name for path in (ROOT / "migrations").glob("*.sql")]
    assert names
    assert [name for name in names if name not in on_cloudflare.printed] == []


def test_the_bundle_is_small_enough_to_send(on_cloudflare: Typed) -> None:
    [kibibytes] = re.findall(r"gzip: ([\d.]+) KiB", on_cloudflare.printed)
    assert 1_000_000 < float(kibibytes) * 1024 <= MOST_COMPRESSED


def test_the_bundle_holds_the_worker_where_python_finds_it(on_cloudflare: Typed) -> None:
    """`base_dir` is the root of the imports, and `main` lies below it: both `app` and `handlers` are packages there."""
    bundle, staged = on_cloudflare.folder / "build" / "bundle", on_cloudflare.folder / "build" / "worker"
    sent = set(_files(bundle)) - {Path("README.md"), Path("worker.py")}
    assert {path for path in sent if path.parts[0] != "python_modules"} == set(_files(staged)) - {
        Path("handlers/worker.py")
    }
    assert (bundle / "worker.py").read_bytes() == (ROOT / "handlers" / "worker.py").read_bytes()
    assert {"starlette", "sqlalchemy", "jinja2", "httpx", "workers"} <= {
        path.parts[1] for path in sent if path.parts[0] == "python_modules"
    }


def test_every_binding_of_the_code_is_in_the_bundle(on_cloudflare: Typed) -> None:
    used = set(re.findall(r"\benv\.([A-Z]+)", (ROOT / "app" / "wiring_worker.py").read_text("utf-8")))
    assert len(used) >= 3
    assert [name for name in used if f"env.{name} " not in on_cloudflare.printed] == []


def test_wrangler_takes_the_pieces_of_its_file(on_cloudflare: Typed) -> None:
    [piece] = CLOUDFLARE.of("toml wrangler.toml")
    own = on_cloudflare.folder / "own-domain.toml"
    own.write_text(piece.text + on_cloudflare.read("wrangler.toml"))
    printed = workerd.wrangler(on_cloudflare.folder, "deploy", "--dry-run", "--config", own.name)
    assert wrangler_toml(own.read_text())["routes"][0]["custom_domain"] is True
    assert "exiting now" in printed


@pytest.mark.parametrize(
    ("guided", "made"),
    [("on_cloudflare", "production"), ("on_aws", "production"), ("installed", "dev")],
)
def test_the_app_that_shopify_gets_is_the_demos_with_another_address(
    guided: str, made: str, request: pytest.FixtureRequest
) -> None:
    text = request.getfixturevalue(guided).read(f"shopify.app.{made}.toml")
    demo = tomllib.loads((ROOT / "shopify.app.toml").read_text("utf-8"))
    ours = tomllib.loads(text)
    assert [word for word in DEMO if word in text] == []
    changed = {name for name in demo if demo[name] != ours[name]}
    assert changed == {"client_id", "application_url", "auth"}
    assert ours["auth"]["redirect_urls"] == [ours["application_url"] + "/auth/callback"]


def test_the_guide_to_a_development_store_ends_in_an_app_that_runs(installed: Typed) -> None:
    exported = dict(
        line.removeprefix("export ").split("=", 1) for line in installed.read("var/install.env").splitlines()
    )
    assert (installed.folder / "var" / "install.env").stat().st_mode & 0o077 == 0
    assert Settings.load(exported).ai_provider == "local"
    port, log = free_port(), installed.folder / "server.log"
    command = [".venv/bin/uvicorn", "handlers.server:app", "--port", str(port), "--http", "h11"]
    with (
        log.open("wb") as output,
        processes.running(command, cwd=installed.folder, env=os.environ | exported, stdout=output, stderr=output) as it,
    ):
        processes.wait_for_answer(it, f"http://127.0.0.1:{port}/healthz", log)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, trust_env=False) as http:
            health = http.get("/healthz").json()
            bounce = http.get("/?embedded=1&shop=artify.myshopify.com&host=YWRtaW4")
    assert health["status"] == "ok"
    assert f'data-api-key="{exported["SHOPIFY_API_KEY"]}"' in bounce.text


def test_the_guides_name_the_block_as_the_theme_editor_does() -> None:
    words = json.loads((ROOT / "extensions/artify/locales/en.default.schema.json").read_text("utf-8"))
    assert all(f"*{words['block']['name']}*" in guide.text for guide in (CLOUDFLARE, AWS, INSTALL))


def test_the_secrets_file_has_what_the_template_takes_from_it(on_aws: Typed) -> None:
    secret = json.loads(on_aws.read("var/secret.json"))
    taken = {name for value in sam.environment().values() for name in re.findall(r":SecretString:(\w+)", value)}
    assert set(secret) == taken - sam.optional()
    told = {name: secret.get(name, value) for name, value in sam.environment().items() if name not in sam.optional()}
    assert Settings.load(told | {"APP_URL": "https://artify.example.com"}).ai_provider == "gemini"
    assert (on_aws.folder / "var" / "secret.json").stat().st_mode & 0o077 == 0


def test_the_functions_package_holds_the_app_and_what_it_imports(on_aws: Typed) -> None:
    package = on_aws.folder / "build" / "lambda"
    handler = sam.resource("WebFunction")["Handler"].rpartition(".")[0]
    assert (package / f"{handler.replace('.', '/')}.py").exists()
    names = {path.name for path in package.iterdir()}
    assert {"app", "starlette", "mangum", "asyncpg", "boto3", "cryptography", "google"} <= names
    assert sum(path.stat().st_size for path in package.rglob("*") if path.is_file()) < 250_000_000
    assert list((package / "asyncpg" / "pgproto").glob("*.cpython-313-x86_64-linux-gnu.so"))


def test_the_guide_gives_the_template_every_parameter_that_has_no_default() -> None:
    template = sam.load()
    needed = {name for name, about in template["Parameters"].items() if "Default" not in about}
    deployments = [words for words in AWS.account_commands if words[:2] == ["sam", "deploy"]]
    assert len(deployments) >= 3
    for words in deployments:
        given = {word.partition("=")[0] for word in words[words.index("--parameter-overrides") + 1 :]}
        assert needed <= given <= set(template["Parameters"])


def test_what_the_guide_asks_of_the_stack_is_in_the_template() -> None:
    template, text = sam.load(), AWS.text
    assert set(re.findall(r"OutputKey=='(\w+)'", text)) <= set(template["Outputs"])
    assert set(re.findall(r"--logical-resource-id (\w+)", text)) <= set(template["Resources"])
    secret = template["Parameters"]["SecretName"]["Default"]
    assert set(re.findall(r"secretsmanager [\w-]+ --(?:name|secret-id) (\w+)", text)) == {secret}


def test_the_makefile_builds_the_image_that_the_template_deploys() -> None:
    [block] = AWS.of("sh docker")
    [[make, target]] = block.commands
    rule = (ROOT / "Makefile").read_text("utf-8").partition(f"{target}: ##")[2].partition("\n\n")[0]
    metadata = sam.load()["Resources"]["JobsFunction"]["Metadata"]
    assert make == "make"
    assert f"docker build --platform linux/amd64 --file {metadata['Dockerfile']} " in rule
    assert sam.load()["Globals"]["Function"]["Architectures"] == ["x86_64"]


def _files(folder: Path) -> Iterator[Path]:
    return (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
