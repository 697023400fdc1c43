"""The language server as an editor meets it: over standard input and output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lsp_client import Editor

SPEC = """\
pod two { container app  container helper }

check "c" for two from Running under Never assuming only exits {
  never phase = Failed and app.exitCode = 0 and helper.exitCode = 0
}

scenario "s" for two from Running under Never {
  when app exits 1 then phase = Failed
}
"""
MANIFEST = """\
apiVersion: batch/v1
kind: Job
metadata: {name: report}
spec:
  template:
    spec:
      restartPolicy: OnFailure
      containers:
      - {name: report, image: example.org/report}
      - {name: proxy, image: envoyproxy/envoy, ports: [{containerPort: 15001}]}
"""


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    found = Editor(tmp_path_factory.mktemp("specs"))
    yield found
    code, complaints = found.close()
    assert (code, complaints) == (0, b"")


def test_a_session(editor: Editor) -> None:
    """Open, type a fault, mend it by its quick fix, lens, hover, rename, definition, format."""
    editor.open("a.pod", SPEC)
    assert editor.settled("a.pod") == []
    assert editor.lenses("a.pod") == ["HOLDS", "FAILS"]

    editor.type("a.pod", "phase = Failed\n", "phase = Runing\n")
    (fault,) = editor.settled("a.pod")
    assert (fault["code"], fault["severity"]) == ("E201", 1)
    assert "Did you mean `Running`?" in fault["message"]
    assert set(editor.lenses("a.pod")) == {"not checked: the spec has errors"}

    about = {**editor.document("a.pod"), "range": fault["range"], "context": {"diagnostics": []}}
    (action,) = editor.ask("textDocument/codeAction", about)
    assert action["title"] == "Write `Running`" and action["diagnostics"] == [fault]
    edits = action["edit"]["changes"][editor.uri("a.pod")]
    mended = SPEC.replace("phase = Failed\n", "phase = Running\n")
    assert editor.apply("a.pod", edits) == mended
    editor.type("a.pod", "phase = Runing\n", "phase = Running\n")
    assert editor.settled("a.pod") == []
    assert editor.lenses("a.pod") == ["HOLDS", "HOLDS"]
    assert editor.refreshed  # the editor was asked to draw them again

    hover = editor.ask("textDocument/hover", editor.position("a.pod", "exits 1"))
    assert "event" in hover["contents"]["value"] and "Source: CRI" in hover["contents"]["value"]

    at = editor.position("a.pod", "app exits")
    edits = editor.ask("textDocument/rename", {**at, "newName": "web"})["changes"]
    assert editor.apply("a.pod", edits[editor.uri("a.pod")]) == mended.replace("app", "web")

    defined = editor.ask("textDocument/definition", at)
    start = editor.texts["a.pod"].index("app")
    assert defined["range"]["start"] == editor.at("a.pod", start)

    about = {**editor.document("a.pod"), "options": {"tabSize": 2, "insertSpaces": True}}
    editor.type("a.pod", "when app", "when   app")
    edits = editor.ask("textDocument/formatting", about)
    assert editor.apply("a.pod", edits) == mended


def test_the_counterexample_beside(editor: Editor) -> None:
    editor.open("b.pod", SPEC)
    assert editor.lenses("b.pod") == ["HOLDS", "FAILS"]
    report = editor.ask("podcheck/report", editor.position("b.pod", "when app"))
    assert report.startswith('FAILS   scenario "s"') and "Replay:" in report
    (lens,) = [x for x in editor.ask("textDocument/codeLens", editor.document("b.pod"))
               if x["command"]["title"] == "FAILS"]  # fmt: skip
    assert lens["command"]["command"] == "podcheck.showReport"
    assert lens["command"]["arguments"] == [editor.uri("b.pod"), "s", report]


def test_the_next_key_ends_what_is_checked(editor: Editor) -> None:
    """A claim that takes long does not keep the next text waiting."""
    text = SPEC.partition("check")[0] + (
        'check "long" for two under every policy {\n'
        "  never app.restartCount = 900 and helper.restartCount = 900\n}\n"
    )
    editor.open("c.pod", text)
    assert editor.settled("c.pod") == []
    editor.type("c.pod", text[text.index("check") :], SPEC[SPEC.index("check") :])
    assert editor.settled("c.pod") == []
    assert editor.lenses("c.pod") == ["HOLDS", "FAILS"]


def test_completion_over_the_wire(editor: Editor) -> None:
    editor.open("d.pod", SPEC)
    found = editor.ask("textDocument/completion", editor.position("d.pod", "when app", 5))
    labels = [c["label"] for c in found]
    assert labels[:2] == ["app exits 0", "app exits nonzero"]
    assert all(c["detail"] for c in found)


def test_files_are_completed_over_the_wire(editor: Editor) -> None:
    """The part that is typed is replaced, slashes and all."""
    (editor.folder / "k8s").mkdir()
    (editor.folder / "k8s" / "report.yaml").write_text(MANIFEST)
    text = 'pod report from "k8s/rep"\n'
    editor.open("files.pod", text)
    (found,) = editor.ask("textDocument/completion", editor.position("files.pod", 'rep"', 3))
    assert found["label"] == "report.yaml"
    mended = editor.apply("files.pod", [found["textEdit"]])
    assert mended == text.replace('rep"', 'report.yaml"')


def test_columns_are_units_of_utf_16(editor: Editor) -> None:
    editor.open("e.pod", SPEC.replace('"s"', '"\U0001f600"').replace("= Failed\n", "= Faild\n"))
    (fault,) = editor.settled("e.pod")
    assert fault["code"] == "E201"
    editor.type("e.pod", '"\U0001f600" for two', '"\U0001f600" for tow')
    found = editor.settled("e.pod")
    (line,) = {f["range"]["start"]["line"] for f in found if "tow" in f["message"]}
    (wrong,) = [f for f in found if "tow" in f["message"]]
    assert wrong["range"]["start"]["character"] == len('scenario "__" for ')
    assert line == 6


def test_hazards_of_a_manifest(editor: Editor) -> None:
    editor.open("job.yaml", MANIFEST)
    editor.until(lambda: editor.diagnostics.get("job.yaml", {}).get("diagnostics"))
    found = editor.diagnostics["job.yaml"]["diagnostics"]
    assert [f["code"] for f in found] == ["server-keeps-the-job-running"]
    assert found[0]["range"]["start"]["line"] == MANIFEST.partition("- {name: proxy")[0].count("\n")
    assert "Make `proxy` a sidecar" in found[0]["message"]
    editor.type("job.yaml", "restartPolicy: OnFailure", "restartPolicy: Onfailure")
    editor.until(lambda: any(d["code"].startswith("E") for d in editor.settled("job.yaml")))


def test_yaml_that_is_no_manifest_is_left_alone(editor: Editor) -> None:
    editor.open("values.yaml", "replicas: 2\n")
    editor.ask("textDocument/codeLens", editor.document("values.yaml"))
    assert "values.yaml" not in editor.diagnostics


def test_a_rename_that_would_change_the_meaning_is_refused(editor: Editor) -> None:
    editor.open("f.pod", SPEC)
    at = editor.position("f.pod", "app exits")
    with pytest.raises(AssertionError, match="That would be an error"):
        editor.ask("textDocument/rename", {**at, "newName": "helper"})
    with pytest.raises(AssertionError, match="Only pods and containers"):
        editor.ask("textDocument/rename", {**editor.position("f.pod", "never"), "newName": "x"})


def test_an_included_file_and_a_manifest(editor: Editor) -> None:
    """Pods of other files are known; their definition is there."""
    (editor.folder / "pods.inc.pod").write_text("pod two { container app container helper }\n")
    (editor.folder / "job2.yaml").write_text(MANIFEST)
    text = 'include "pods.inc.pod"\npod job from "job2.yaml"\n' + SPEC.partition("\n\n")[2]
    text += 'find "f" for job from Running { proxy.state = running and report.exitCode = 0 }\n'
    editor.open("g.pod", text)
    assert editor.settled("g.pod") == []
    defined = editor.ask("textDocument/definition", editor.position("g.pod", "app exits"))
    assert Path(defined["uri"]).name == "pods.inc.pod"
    defined = editor.ask("textDocument/definition", editor.position("g.pod", "proxy.state"))
    assert Path(defined["uri"]).name == "job2.yaml"
    at = editor.position("g.pod", "app exits")
    with pytest.raises(AssertionError, match="declared in"):
        editor.ask("textDocument/rename", {**at, "newName": "web"})
