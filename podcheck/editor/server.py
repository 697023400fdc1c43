"""The language server: what an editor asks over standard input and output (LSP 3.17), answered
from :mod:`analysis`, :mod:`features` and the worker.  The only module that knows pygls."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from podcheck.editor import completion, features
from podcheck.editor.analysis import Analysis, analysed
from podcheck.editor.file_names import file_names
from podcheck.editor.positions import Place, extent_of, offset_of
from podcheck.editor.worker import Hazard, News, Wanted, Worker
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.sources import MANIFESTS, Files, Folder, folder_of
from podcheck.version import VERSION

PAUSE_S = 0.02  # of typing, before a text is analysed
SHOW_REPORT = "podcheck.showReport"
SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "info": lsp.DiagnosticSeverity.Information,
}
KINDS = {
    "keyword": lsp.CompletionItemKind.Keyword,
    "pod": lsp.CompletionItemKind.Class,
    "container": lsp.CompletionItemKind.Variable,
    "event": lsp.CompletionItemKind.Event,
    "field": lsp.CompletionItemKind.Field,
    "value": lsp.CompletionItemKind.EnumMember,
    "policy": lsp.CompletionItemKind.EnumMember,
    "kind": lsp.CompletionItemKind.Event,
    "folder": lsp.CompletionItemKind.Folder,
    "file": lsp.CompletionItemKind.File,
}


class Open(NamedTuple):
    """A document that is open, as it was analysed last; a manifest has no analysis."""

    source: Source
    folder: Folder | None
    version: int
    analysis: Analysis | None


class Server(LanguageServer):
    """The documents that are open, and what is known of them."""

    def __init__(self) -> None:
        super().__init__(
            "podcheck", VERSION, text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental
        )
        self.documents: dict[str, Open] = {}
        self.news: dict[str, News] = {}
        self.worker: Worker | None = None

    # ---- texts -----------------------------------------------------------------------------

    def latest(self, uri: str) -> Open:
        """A document as it is now, analysed."""
        document = self.workspace.get_text_document(uri)
        known = self.documents.get(uri)
        version = document.version or 0
        if known is not None and known.version == version and known.source.text == document.source:
            return known
        path = path_of(uri)
        source = Source(os.path.basename(path), document.source, path, os.path.realpath(path))
        folder = Files().folder(folder_of(path)) if os.path.isdir(os.path.dirname(path)) else None
        analysis = None
        if not path.endswith(MANIFESTS):
            analysis = analysed(source, folder, load_pack())
        found = self.documents[uri] = Open(source, folder, version, analysis)
        return found

    def spec(self, uri: str) -> Analysis | None:
        """The analysis of a document that is a spec."""
        return self.latest(uri).analysis

    def changed(self, uri: str) -> None:
        """Report what is wrong with a text, and have it checked."""
        opened = self.latest(uri)
        if opened.analysis is not None:
            self.report(uri, opened.source, opened.analysis.diagnostics)
            if opened.analysis.has_errors:
                self.lenses_changed()
                return
        elif not _is_manifest(opened.source.text):
            return
        assert self.worker is not None
        path = path_of(uri)
        is_manifest = opened.analysis is None
        self.worker.check(Wanted(path, opened.version, opened.source.text, is_manifest))

    def report(
        self,
        uri: str,
        source: Source,
        found: tuple[Diagnostic, ...],
        hazards: tuple[Hazard, ...] = (),
    ) -> None:
        listed = [_diagnostic(d, source) for d in found] + [_hazard(h, source) for h in hazards]
        version = self.documents[uri].version
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri=uri, diagnostics=listed, version=version)
        )

    # ---- verdicts --------------------------------------------------------------------------

    def heard(self, news: News) -> None:
        """What the worker has found out, in the loop of the server."""
        uri = next((u for u in self.documents if path_of(u) == news.path), None)
        if uri is None or self.documents[uri].version != news.version:
            return
        self.news[uri] = news
        opened = self.documents[uri]
        if opened.analysis is not None:
            self.lenses_changed()
        elif news.done:
            self.report(uri, opened.source, _of_manifest(opened.source), news.hazards)

    def lenses_changed(self) -> None:
        capabilities = self.client_capabilities.workspace
        if capabilities is not None and capabilities.code_lens is not None:
            if capabilities.code_lens.refresh_support:
                self.workspace_code_lens_refresh(None, lambda _: None)


def path_of(uri: str) -> str:
    """The path of a file's URI; a document that has none has its URI's path."""
    return unquote(urlsplit(uri).path)


def _is_manifest(text: str) -> bool:
    return "apiVersion" in text and "kind" in text


def _of_manifest(source: Source) -> tuple[Diagnostic, ...]:
    from podcheck.manifests.reader import read_manifest

    diagnostics = Diagnostics()
    read_manifest(source, diagnostics, True)
    return diagnostics.sorted()


def _diagnostic(found: Diagnostic, source: Source) -> lsp.Diagnostic:
    own = found.span.source is source
    message = f"{found.message} {found.hint}".strip()
    return lsp.Diagnostic(
        range=_range(source, found.span.start, found.span.end) if own else _range(source, 0, 0),
        message=message if own else f"{found.span}: {message}",
        severity=SEVERITY["error" if found.is_error else "warning"],
        code=found.code,
        source="podcheck",
    )


def _hazard(found: Hazard, source: Source) -> lsp.Diagnostic:
    return lsp.Diagnostic(
        range=_range(source, found.start, found.end), message=found.message,
        severity=SEVERITY[found.severity], code=found.name, source="podcheck",
    )  # fmt: skip


def _range(source: Source, start: int, end: int) -> lsp.Range:
    extent = extent_of(source, start, end)
    return lsp.Range(lsp.Position(*extent.start), lsp.Position(*extent.end))


def _offset(source: Source, position: lsp.Position) -> int:
    return offset_of(source, Place(position.line, position.character))


def _edit(source: Source, edit: features.Edit) -> lsp.TextEdit:
    return lsp.TextEdit(_range(source, edit.start, edit.end), edit.text)


# ---- what an editor asks -------------------------------------------------------------------------


def make_server() -> Server:
    """A server with all that it answers."""
    server = Server()
    for register in (_lifetime, _texts, _words, _mending, _verdicts):
        register(server)
    return server


def _lifetime(server: Server) -> None:
    @server.feature(lsp.INITIALIZED)
    def initialized(params: lsp.InitializedParams) -> None:
        loop = asyncio.get_running_loop()

        def tell(news: News) -> None:
            loop.call_soon_threadsafe(server.heard, news)

        server.worker = Worker(tell)
        server.worker.start()
        load_pack()

    @server.feature(lsp.SHUTDOWN)
    def shutdown(params: Any) -> None:
        if server.worker is not None:
            server.worker.close()


def _texts(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def typed(params: lsp.DidChangeTextDocumentParams) -> None:
        uri, version = params.text_document.uri, params.text_document.version
        if server.worker is not None:
            server.worker.cancel(path_of(uri))
        await asyncio.sleep(PAUSE_S)
        if server.workspace.get_text_document(uri).version == version:
            server.changed(uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        server.documents.pop(params.text_document.uri, None)  # what it includes may be another
        server.changed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.documents.pop(uri, None)
        server.news.pop(uri, None)
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _words(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        analysis = server.spec(params.text_document.uri)
        if analysis is None:
            return None
        found = features.hover(analysis, _offset(analysis.source, params.position))
        if found is None:
            return None
        content = lsp.MarkupContent(lsp.MarkupKind.Markdown, found.markdown)
        return lsp.Hover(content, _range(analysis.source, found.start, found.end))

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[*' .|"/'])
    )
    def complete(params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        analysis = server.spec(params.text_document.uri)
        if analysis is None:
            return []
        source, offset = analysis.source, _offset(analysis.source, params.position)
        named = file_names(analysis, offset, server.latest(params.text_document.uri).folder)
        if named is not None:
            begun = _range(source, named[1], offset)
            return [
                lsp.CompletionItem(
                    label=c.text, kind=KINDS[c.kind], detail=c.detail or c.kind,
                    sort_text=f"{number:04}", text_edit=lsp.TextEdit(begun, c.text),
                )
                for number, c in enumerate(named[0])
            ]  # fmt: skip
        return [
            lsp.CompletionItem(
                label=c.text, kind=KINDS[c.kind], detail=c.detail or c.kind,
                sort_text=f"{c.kind == 'keyword':d}{number:04}",
            )
            for number, c in enumerate(completion.completions(analysis, offset))
        ]  # fmt: skip

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def define(params: lsp.DefinitionParams) -> lsp.Location | None:
        uri = params.text_document.uri
        analysis = server.spec(uri)
        if analysis is None:
            return None
        found = features.definition(analysis, _offset(analysis.source, params.position))
        if found is None:
            return None
        own = found.source is analysis.source
        where = uri if own else "file://" + (found.source.real or found.source.path)
        return lsp.Location(where, _range(found.source, found.start, found.end))


def _mending(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_RENAME)
    def rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        uri = params.text_document.uri
        opened = server.latest(uri)
        if opened.analysis is None:
            return None
        offset = _offset(opened.source, params.position)
        try:
            edits = features.renamed(opened.analysis, offset, params.new_name, opened.folder)
        except features.CanNotRenameError as error:
            raise JsonRpcException(str(error), lsp.LSPErrorCodes.RequestFailed) from None
        return lsp.WorkspaceEdit({uri: [_edit(opened.source, e) for e in edits]})

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def format_document(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        opened = server.latest(params.text_document.uri)
        edit = features.formatted(opened.source) if opened.analysis is not None else None
        return [] if edit is None else [_edit(opened.source, edit)]

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
    )
    def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        analysis = server.spec(uri)
        if analysis is None:
            return []
        source = analysis.source
        first, last = (_offset(source, p) for p in (params.range.start, params.range.end))
        return [
            lsp.CodeAction(
                title=fix.title, kind=lsp.CodeActionKind.QuickFix, is_preferred=True,
                diagnostics=[_diagnostic(fix.diagnostic, source)],
                edit=lsp.WorkspaceEdit({uri: [_edit(source, fix.edit)]}),
            )
            for fix in features.quick_fixes(analysis)
            if fix.diagnostic.span.start <= last and first <= fix.diagnostic.span.end
        ]  # fmt: skip


def _verdicts(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    def lenses(params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
        uri = params.text_document.uri
        opened = server.latest(uri)
        if opened.analysis is None:
            return []
        news = server.news.get(uri)
        fresh = news is not None and news.version == opened.version
        known = {c.start: c for c in news.claims} if news is not None and fresh else {}
        found = []
        for claim in opened.analysis.spec.claims:
            if claim.source is not opened.source:
                continue
            title = claim.title_span
            checked = known.get(title.start)
            waits = "not checked: the spec has errors" if opened.analysis.has_errors else "checking"
            shown = checked.verdict if checked is not None else waits
            command = lsp.Command(shown, "")
            if checked is not None:
                about = [uri, claim.title, checked.report]
                command = lsp.Command(shown, SHOW_REPORT, arguments=about)
            found.append(lsp.CodeLens(_range(opened.source, title.start, title.end), command))
        return found

    @server.feature("podcheck/report")
    def report(params: Any) -> str:
        """The report on the claim at a position, as text, for editors that show it beside."""
        uri = params.textDocument.uri
        opened = server.latest(uri)
        offset = offset_of(opened.source, Place(params.position.line, params.position.character))
        claim = opened.analysis.claim_at(offset) if opened.analysis is not None else None
        news = server.news.get(uri)
        if claim is None or news is None:
            return ""
        start = claim.title_span.start
        return next((c.report for c in news.claims if c.start == start), "")


def serve() -> None:
    """Answer an editor over standard input and output, until it ends."""
    logging.getLogger("pygls").addHandler(logging.NullHandler())  # the editor gets every error
    logging.getLogger("pygls").propagate = False
    with os.fdopen(os.dup(0), "rb") as asked, os.fdopen(os.dup(1), "wb") as answered:
        make_server().start_io(asked, answered)
