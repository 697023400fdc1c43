"""The pods and Jobs that people ask about most: what podcheck says of them, word for word.

`pods/NAME.yaml` is what kubectl prints, `pods/NAME.expected` the explanation, `pods/list.yaml`
some of them in a List; `jobs/` has Jobs with their pods.  Run as a program, this file writes the
expectations anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from places import TESTS
from sampling import sampled

from podcheck.cli.group import cli
from podcheck.storage import package_data

PODS = sorted((TESTS / "observation" / "pods").glob("*.yaml"))
JOBS = sorted((TESTS / "observation" / "jobs").glob("*.yaml"))
SCHEMA = json.loads(package_data.read("report", "explanation.schema.json"))


def stem(path: object) -> str | None:
    return path.stem if isinstance(path, Path) else None


def explained(path: Path, *options: str) -> tuple[str, int]:
    result = CliRunner().invoke(cli, ["explain", str(path), *options], standalone_mode=False)
    assert result.exception is None
    code: int = result.return_value
    return result.stdout, code


@pytest.mark.parametrize("path", [*PODS, *sampled(JOBS, every=4)], ids=stem)
def test_the_explanation_is_the_expected_one(path: Path) -> None:
    text, code = explained(path)
    assert text == path.with_suffix(".expected").read_text(encoding="utf-8")
    assert code == (1 if "impossible" in path.stem else 0)
    assert all(len(line) <= 80 or "$ kubectl" in line for line in text.splitlines())


@pytest.mark.parametrize("path", [*PODS[:4], JOBS[5]], ids=stem)
def test_json_is_of_its_schema_and_markdown_says_the_same(path: Path) -> None:
    text, _ = explained(path, "--format", "json")
    found = json.loads(text)
    jsonschema.validate(found, SCHEMA)
    markdown, _ = explained(path, "--format", "markdown")
    for pod in found["pods"]:
        assert pod["verdict"] in ("explained", "impossible")
        steps = pod["history"]["steps"] if pod["history"] else []
        assert markdown.count("\n| ") >= len(steps)
        assert pod["name"] in markdown
    for job in found["jobs"]:
        steps = job["history"]["steps"] if job["history"] else []
        assert markdown.count("\n| ") >= len(steps) + len(job["now"]["pods"])
        assert job["headline"] in markdown
    assert "\\`" not in markdown


if __name__ == "__main__":
    for pod in (*PODS, *JOBS):
        pod.with_suffix(".expected").write_text(explained(pod)[0], encoding="utf-8")
