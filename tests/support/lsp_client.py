"""An editor, as far as a test needs one: speaks LSP to `podcheck lsp` over its standard streams."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0


class Editor:
    """Documents of a folder in an editor.  Positions are lines and columns from 0."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "podcheck", "lsp", "--stdio"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
            env=environment,
        )  # fmt: skip
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._ids = 0
        self._versions: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self.diagnostics: dict[str, dict[str, Any]] = {}  # the latest, by name
        self.refreshed = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        refresh = {"codeLens": {"refreshSupport": True}}
        self.capabilities = self.ask("initialize", {
            "processId": None, "rootUri": folder.as_uri(), "capabilities": {"workspace": refresh},
        })["capabilities"]  # fmt: skip
        self.say("initialized", {})

    # ---- messages --------------------------------------------------------------------------

    def say(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        """The answer to a request; raises ``AssertionError`` with the message of an error."""
        self._ids += 1
        self._send({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params})
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            message = self._next(end)
            if message.get("id") == self._ids and "method" not in message:
                assert "error" not in message, message["error"]["message"]
                return message["result"]
        raise TimeoutError(method)

    def until(self, wanted: Any) -> None:
        """Read messages until a function of no arguments is true."""
        end = time.monotonic() + PATIENCE_S
        while not wanted():
            self._next(end)

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _next(self, end: float) -> dict[str, Any]:
        message = self._messages.get(timeout=max(0.1, end - time.monotonic()))
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            self.diagnostics[params["uri"].rpartition("/")[2]] = params
        elif message.get("method") == "workspace/codeLens/refresh":
            self.refreshed += 1
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
        return message

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                return
            self._messages.put(json.loads(stream.read(length)))

    # ---- documents -------------------------------------------------------------------------

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> None:
        self.texts[name], self._versions[name] = text, 1
        document = {"uri": self.uri(name), "languageId": "podcheck", "version": 1, "text": text}
        self.say("textDocument/didOpen", {"textDocument": document})

    def type(self, name: str, old: str, new: str) -> None:
        """Replace a part of a text, as a user types."""
        start = self.texts[name].index(old)
        extent = {"start": self.at(name, start), "end": self.at(name, start + len(old))}
        self.texts[name] = self.texts[name].replace(old, new, 1)
        self._versions[name] += 1
        self.say("textDocument/didChange", {
            "textDocument": {"uri": self.uri(name), "version": self._versions[name]},
            "contentChanges": [{"range": extent, "text": new}],
        })  # fmt: skip

    def version(self, name: str) -> int:
        return self._versions[name]

    def apply(self, name: str, edits: list[dict[str, Any]]) -> str:
        """A text after the edits of an answer."""
        text = self.texts[name]
        spans = [(self._offset(text, e["range"]["start"]), self._offset(text, e["range"]["end"]),
                  e["newText"]) for e in edits]  # fmt: skip
        for start, end, new in sorted(spans, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def at(self, name: str, offset: int) -> dict[str, int]:
        before = self.texts[name][:offset]
        column = before.rpartition("\n")[2]
        return {"line": before.count("\n"), "character": len(column.encode("utf-16-le")) // 2}

    def position(self, name: str, text: str, into: int = 1) -> dict[str, Any]:
        """The place of a text of the document, as the parameters of a request."""
        place = self.at(name, self.texts[name].index(text) + into)
        return {"textDocument": {"uri": self.uri(name)}, "position": place}

    def document(self, name: str) -> dict[str, Any]:
        return {"textDocument": {"uri": self.uri(name)}}

    def settled(self, name: str) -> list[dict[str, Any]]:
        """The diagnostics of the latest version of a text, once they are there."""
        version = self._versions[name]
        self.until(lambda: self.diagnostics.get(name, {}).get("version") == version)
        found: list[dict[str, Any]] = self.diagnostics[name]["diagnostics"]
        return found

    def lenses(self, name: str) -> list[str]:
        """The titles of the lenses, once none waits any more."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = self.ask("textDocument/codeLens", self.document(name))
            titles = [lens["command"]["title"] for lens in found]
            if "checking" not in titles:
                return titles
            time.sleep(0.05)
        raise TimeoutError("lenses")

    @staticmethod
    def _offset(text: str, place: dict[str, int]) -> int:
        lines = text.split("\n")
        line = lines[place["line"]] if place["line"] < len(lines) else ""
        head = line.encode("utf-16-le")[: 2 * place["character"]].decode("utf-16-le")
        return sum(len(before) + 1 for before in lines[: place["line"]]) + len(head)

    def close(self) -> tuple[int, bytes]:
        """End the session: the exit code of the server, and what it complained about."""
        self.ask("shutdown", None)
        self.say("exit", None)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdin.close()
        complaints = self.process.stderr.read()
        code = self.process.wait(timeout=10)
        self._reader.join(timeout=10)
        self.process.stdout.close()
        self.process.stderr.close()
        return code, complaints
