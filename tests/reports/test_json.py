"""The JSON report: valid against its published schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from places import ROOT

from podcheck.checker.spec_files import Checker
from podcheck.language.source import Source
from podcheck.report.json import render
from podcheck.results.verdicts import Report
from podcheck.storage import package_data
from podcheck.verification.options import Options

FAILING = """pod two { container app  container helper }
scenario "one OOM kill fails the pod" for two from Running under Never {
  when app is OOMKilled then phase = Failed
}
find "it can be deleted" for two under Never { phase = Failed and deleted }
check "liveness is not decided yet" for two under Never { eventually phase = Failed }
scenario "impossible" for two from Running under Never {
  when app exits 1 then phase = Running
  when app exits 1 then phase = Running
}
"""


def schema() -> Any:
    return json.loads(package_data.read("report", "schema.json"))


def report_on(spec: str, options: Options | None = None) -> Report:
    options = options or Options(stories="all")
    return Report((Checker(options).check_source(Source("spec.pod", spec), None),))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("spec", [FAILING, "", "pod one {", "pod one { container app }"])
def test_reports_are_valid(spec: str) -> None:
    jsonschema.validate(json.loads(render(report_on(spec))), schema())


def test_the_catalogue_is_valid() -> None:
    paths = tuple(str(p) for p in sorted((ROOT / "specs").rglob("*.pod"))[:6])
    report = Report(tuple(Checker(Options(stories="all")).check_paths(paths)))
    jsonschema.validate(json.loads(render(report)), schema())


def test_the_schema_refuses_what_it_does_not_know() -> None:
    data = json.loads(render(report_on(FAILING)))
    data["files"][0]["claims"][0]["verdict"] = "MAYBE"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema())


def test_the_exit_code_is_that_of_the_run() -> None:
    report = report_on(FAILING)
    assert json.loads(render(report))["exit_code"] == report.exit_code() == 1
