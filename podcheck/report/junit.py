"""The report as JUnit XML, as Jenkins and GitLab read it: a suite a file, a case a claim.

``failure`` is a claim that fails; ``error`` is all else that does not pass: an input that is
wrong, a claim that checks nothing, one that was not decided.  No times, so that the same
input gives the same bytes.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from podcheck.language.diagnostics import Diagnostic
from podcheck.report import sentences
from podcheck.report.terminal import PLAIN
from podcheck.report.text import render_diagnostic, story_lines
from podcheck.results.verdicts import EXIT_HOLDS, ClaimResult, FileResult, Report, Verdict


def render(report: Report) -> str:
    """The whole report as an XML document."""
    root = Element("testsuites", name="podcheck")
    for file in report.files:
        _suite(root, file, report)
    for path in report.left:
        suite = SubElement(root, "testsuite", name=path)
        case = SubElement(suite, "testcase", name="the whole file", classname=path)
        _problem(case, "error", Verdict.UNKNOWN.value, sentences.not_begun(report))
    for suite in root:
        _count(suite, suite)
    _count(root, root)
    del root.attrib["skipped"]
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _count(element: Element, within: Element) -> None:
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(name, str(sum(1 for _ in within.iter(tag))))
    element.set("skipped", "0")


def _suite(root: Element, file: FileResult, report: Report) -> None:
    name = f"{file.path} ({file.release})" if file.release else file.path
    suite = SubElement(root, "testsuite", name=name, file=file.path)
    wrong = [d for d in file.diagnostics if d.is_error]
    if wrong:
        _file_case(suite, file, "the input is wrong", wrong)
    elif file.note:
        case = SubElement(suite, "testcase", name="the whole file", classname=file.path)
        _problem(case, "error", Verdict.VACUOUS.value, sentences.sentence(file.note))
    for claim in file.claims:
        _case(suite, file, claim, report)
    warnings = [d for d in file.diagnostics if not d.is_error]
    if warnings:
        out = SubElement(suite, "system-err")
        out.text = "\n".join(_lines(warnings))


def _file_case(suite: Element, file: FileResult, message: str, found: list[Diagnostic]) -> None:
    case = SubElement(suite, "testcase", name=message, classname=file.path)
    for d in found:
        _problem(case, "error", d.code, d.message, "\n".join(render_diagnostic(d, PLAIN)))


def _lines(found: list[Diagnostic]) -> list[str]:
    return [line for d in found for line in render_diagnostic(d, PLAIN)]


def _case(suite: Element, file: FileResult, claim: ClaimResult, report: Report) -> None:
    case = SubElement(suite, "testcase", name=sentences.title(claim), classname=file.path)
    tag = "failure" if claim.verdict is Verdict.FAILS else "error"
    passed = report.exit_of(claim.verdict) == EXIT_HOLDS
    told = sentences.told(claim)
    for one in () if passed else told:
        text = "\n".join([sentences.place(one.span), *sentences.heading(one), *story_lines(one)])
        _problem(case, tag, claim.verdict.value, one.why, text)
    shown = [f"{claim.verdict.value}  {sentences.title(claim)}  {sentences.place(claim.span)}"]
    for one in told if passed else ():
        shown += ["", *sentences.heading(one), *story_lines(one)]
    SubElement(case, "system-out").text = "\n".join(shown)


def _problem(case: Element, tag: str, kind: str, message: str, text: str = "") -> None:
    SubElement(case, tag, type=kind, message=message).text = text
