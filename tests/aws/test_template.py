"""template.yaml is one that CloudFormation takes, and fits the code that it deploys."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.core.settings import Settings
from handlers.runtimes import aws_lambda
from tests import processes
from tests.apps import environ
from tests.aws import sam
from tests.sources import ROOT

OBJECT_ACTIONS = ("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload")


def test_cfn_lint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("cfn-lint")
    if not program.exists():
        pytest.skip("cfn-lint is not installed: template.yaml is not checked")
    found = processes.run([program, str(sam.TEMPLATE)], capture_output=True, text=True, check=False)
    assert (found.stdout + found.stderr, found.returncode) == ("", 0)


@pytest.mark.parametrize("name", ["WebFunction", "SweepFunction"])
def test_a_functions_handler_exists_and_the_makefile_builds_it(name: str) -> None:
    module, _, function = sam.resource(name)["Handler"].rpartition(".")
    assert module == aws_lambda.__name__
    assert callable(getattr(aws_lambda, function))
    assert f"build-{name}" in (ROOT / "Makefile").read_text("utf-8")


def test_the_image_of_the_jobs_holds_their_handler_and_files_that_exist() -> None:
    lines = (ROOT / "Dockerfile.lambda").read_text("utf-8").splitlines()
    assert lines[-1] == f'CMD ["{aws_lambda.__name__}.{aws_lambda.queue.__name__}"]'
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]]
    assert len(copied) >= 4
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_the_functions_are_told_all_settings_that_are_needed(tmp_path: Path) -> None:
    told, values = sam.environment(), environ(tmp_path)
    values |= {"JOBS_KEY": values["LINK_KEY"], "OLD_TOKEN_KEY": values["LINK_KEY"]}
    values = {name: value for name, value in values.items() if name in told}
    assert Settings.load(told | values).ai_provider == "gemini"
    assert told["FILES_URL"].startswith("s3://")
    assert told["QUEUE_URL"].startswith("sqs://")


def test_no_secret_stands_in_the_template() -> None:
    told = sam.environment()
    secret = [name for name in told if name.endswith(("_KEY", "_SECRET", "DATABASE_URL"))]
    assert len(secret) >= 5
    open_ones = {name for name in secret if "{{resolve:secretsmanager:" not in told[name]}
    assert open_ones == {"SHOPIFY_API_KEY"}  # an id, which every page of the app shows


def test_a_hint_comes_back_only_after_the_function_must_have_ended() -> None:
    assert sam.resource("Jobs")["VisibilityTimeout"] >= 6 * sam.resource("JobsFunction")["Timeout"]  # AWS's own advice
    assert sam.resource("Jobs")["RedrivePolicy"]["deadLetterTargetArn"] == "DeadLetters.Arn"
    wake_ups = sam.resource("JobsFunction")["Events"]["Hints"]["Properties"]
    assert wake_ups["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_secret_is_read_again_when_it_has_a_new_version() -> None:
    resolved = [value for value in sam.environment().values() if "{{resolve:" in value]
    assert len(resolved) >= 6
    assert [value for value in resolved if not value.endswith("::${SecretVersion}}}")] == []


@pytest.mark.parametrize("name", ["WebFunction", "JobsFunction", "SweepFunction"])
def test_a_function_may_do_only_what_its_statements_name(name: str) -> None:
    granted = {key for policy in sam.resource(name)["Policies"] for key in policy}
    assert granted == {"Version", "Statement", "SQSSendMessagePolicy"} or granted == {"SQSSendMessagePolicy"}
    statements = [each for policy in sam.resource(name)["Policies"] for each in policy.get("Statement", [])]
    granted = {
        (action, resource)
        for each in statements
        for action in _listed(each["Action"])
        for resource in _listed(each["Resource"])
    }
    assert granted <= {
        *((f"s3:{action}", "${Files.Arn}/*") for action in OBJECT_ACTIONS),
        ("s3:ListBucket", "Files.Arn"),
        ("sqs:GetQueueAttributes", "Jobs.Arn"),
    }


def test_the_bucket_is_private() -> None:
    blocked = sam.resource("Files")["PublicAccessBlockConfiguration"]
    assert len(blocked) == 4
    assert all(blocked.values())


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
