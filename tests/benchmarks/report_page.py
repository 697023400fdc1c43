"""How large the HTML report of 500 claims is, and how long a browser works until it is open.

    python tests/benchmarks/report_page.py [REPORT.html]

The report is of claims of the catalogue with their runs, repeated until there are 500.  The time is
that of the page's main thread, in seconds of the processor; Chromium and Playwright are needed.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from browser import browser, missing  # noqa: E402

from podcheck.checker.spec_files import Checker  # noqa: E402
from podcheck.report.html import render  # noqa: E402
from podcheck.results.verdicts import Report  # noqa: E402
from podcheck.verification.options import Options  # noqa: E402

CLAIMS = 500
SPECS = 12  # files of the catalogue


def report() -> str:
    """The page."""
    paths = sorted(str(p) for p in (ROOT / "specs" / "kubernetes").glob("*.pod"))
    files = Checker(Options(stories="all", reasons=True)).check_paths(tuple(paths[:SPECS]))
    results = list(files)
    found = [claim for file in results for claim in file.claims]
    claims = tuple(
        claim._replace(title=f"{claim.title} ({n})")
        for n, claim in enumerate(islice(cycle(found), CLAIMS))
    )
    return render(Report((results[0]._replace(claims=claims),)))


def main() -> None:
    if missing():
        sys.exit(missing())
    with tempfile.TemporaryDirectory() as folder, browser() as launched:
        if len(sys.argv) > 1:
            path = Path(sys.argv[1]).resolve()
        else:
            path = Path(folder, "report.html")
            path.write_text(report(), encoding="utf-8")
        print(f"{path.stat().st_size / 1e6:.2f} MB")
        for _ in range(3):
            page = launched.new_page(viewport={"width": 1000, "height": 900})
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(path.as_uri())
            metrics = session.send("Performance.getMetrics")["metrics"]
            figures = {m["name"]: m["value"] for m in metrics}
            print(f"{figures['ThreadTime']:.3f} s until it is open")
            page.close()


if __name__ == "__main__":
    main()
