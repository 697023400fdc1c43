// Starts `podcheck lsp`, and shows the report on a claim beside the editor.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const SCHEME = "podcheck-report";

let client;

/** Reports that were asked for, by the path of the document that shows them. */
class Reports {
  constructor() {
    this.texts = new Map();
    this.changed = new vscode.EventEmitter();
    this.onDidChange = this.changed.event;
  }

  provideTextDocumentContent(uri) {
    return this.texts.get(uri.path) || "";
  }

  async show(title, text) {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title.replace(/[/\\]/g, "-")}.txt` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: true };
    await vscode.window.showTextDocument(document, beside);
  }
}

function startClient() {
  const settings = vscode.workspace.getConfiguration("podcheck");
  const selector = [{ scheme: "file", language: "podcheck" }];
  if (settings.get("manifests")) selector.push({ scheme: "file", language: "yaml" });
  const server = { command: settings.get("command"), args: ["lsp", "--stdio"] };
  client = new LanguageClient("podcheck", "podcheck", server, { documentSelector: selector });
  return client.start();
}

async function activate(context) {
  const reports = new Reports();
  const register = (name, action) =>
    context.subscriptions.push(vscode.commands.registerCommand(name, action));
  context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(SCHEME, reports));
  register("podcheck.showReport", (_uri, title, text) => reports.show(title, text));
  register("podcheck.showReportHere", async () => {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !client) return;
    const text = await client.sendRequest("podcheck/report", {
      textDocument: { uri: editor.document.uri.toString() },
      position: editor.selection.active,
    });
    if (text) await reports.show("report", text);
    else vscode.window.showInformationMessage("No report yet on a claim here.");
  });
  register("podcheck.restart", async () => {
    if (client) await client.stop();
    await startClient();
  });
  try {
    await startClient();
  } catch (error) {
    const help = "podcheck did not start. Install it with: pip install 'podcheck[lsp]'";
    vscode.window.showErrorMessage(`${help} (${error.message})`);
  }
}

async function deactivate() {
  if (client) await client.stop();
}

module.exports = { activate, deactivate };
