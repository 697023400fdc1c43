"""`podcheck init`: a first spec and a CI file."""

from __future__ import annotations

import os
import shlex

import click

from podcheck.version import VERSION

GITHUB = """\
# Checks the pod specs of this repository; failures are annotations of the pull request.
name: podcheck
on: [push, pull_request]
permissions: {{contents: read}}
jobs:
  podcheck:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.12"}}
      - run: pip install podcheck=={version}
      - run: podcheck verify --format github -o summary.md {specs}
      - if: always() && hashFiles('summary.md') != ''
        run: cat summary.md >> "$GITHUB_STEP_SUMMARY"
"""

GITLAB = """\
# Checks the pod specs of this repository; counterexamples are shown in the merge request.
podcheck:
  image: python:3.12
  script:
    - pip install podcheck=={version}
    - podcheck verify -o podcheck.xml -o podcheck.codequality.json {specs}
  artifacts:
    when: always
    reports:
      junit: podcheck.xml
      codequality: podcheck.codequality.json
"""

CI_FILES = {
    "github": (os.path.join(".github", "workflows", "podcheck.yml"), GITHUB),
    "gitlab": (os.path.join(".gitlab", "podcheck.yml"), GITLAB),
}


@click.command(short_help="Write a first spec and a CI file.")
@click.argument("manifest", required=False, type=click.Path())
@click.option(
    "--ci", type=click.Choice([*CI_FILES, "none"]),
    help="For which CI (left out: gitlab beside a .gitlab-ci.yml, else github).",
)  # fmt: skip
def command(manifest: str | None, ci: str | None) -> int:
    """Write a first spec, with comments, or about the pods of MANIFEST with a table of what is
    true of them today; and a CI file that verifies it (`--ci none`: without one). Files that exist
    are left alone.

    \b
    podcheck init
    podcheck init deploy.yaml --ci gitlab
    """
    from podcheck.cli.new import default_name, refuse, spec_text, write_new

    spec = default_name(manifest)
    ci = ci or ("gitlab" if os.path.exists(".gitlab-ci.yml") else "github")
    paths = [spec, *([CI_FILES[ci][0]] if ci in CI_FILES else [])]
    there = [path for path in paths if os.path.lexists(path)]
    if there == paths:
        refuse(there)
    named = "specs" if manifest is None else shlex.quote(spec.replace(os.sep, "/"))
    texts: dict[str, str] = {}
    if spec not in there:
        text = spec_text(spec, manifest)
        if text is None:
            return 2
        texts[spec] = text
    if ci in CI_FILES and CI_FILES[ci][0] not in there:
        path, template = CI_FILES[ci]
        texts[path] = template.format(version=VERSION, specs=named)
    write_new(texts)
    click.echo("".join(f"Wrote {path}\n" for path in texts), nl=False)
    for path in there:
        also = f" To check {spec} in CI, add it to its `podcheck verify`." * (path != spec)
        click.echo(f"Left {path} as it is.{also}")
    if ci == "gitlab" and not there:
        click.echo(f"Include it in .gitlab-ci.yml: `include: {CI_FILES[ci][0]}`.")
    click.echo(f"Next: `podcheck verify {named}`")
    return 0
