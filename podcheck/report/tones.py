"""What a state means at a glance: how a phase, a status or the state of a container is coloured.

The words say the same; nobody needs the colours.
"""

from __future__ import annotations

RUN, DONE, BAD, WAIT, NONE = "run", "done", "bad", "wait", "none"
TONES = {
    "running": RUN, "Running": RUN,
    "Succeeded": DONE, "Completed": DONE, "Complete": DONE,
    "Failed": BAD, "Evicted": BAD, "Preempting": BAD, "Unknown": BAD,
    "-": NONE, "gone": NONE, "nothing": NONE,
}  # fmt: skip
BAD_ENDS = ("Error", "BackOff", "Killed", "StatusUnknown", "CannotRun", "NeverPull", "Failed")
BAD_STARTS = ("Err", "Invalid", "Failed", "CrashLoop", "OutOf", "Signal:")


def tone(text: str) -> str:
    """The tone of a state as the API server or kubectl shows it."""
    word = text.removeprefix("Init:")
    if word in TONES:
        return TONES[word]
    code = word.rpartition(" ")[2].rpartition("ExitCode:")[2]
    if code.isdecimal():
        return DONE if code == "0" else BAD
    return BAD if word.endswith(BAD_ENDS) or word.startswith(BAD_STARTS) else WAIT
