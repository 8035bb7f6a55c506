// The editor of the one cell that is being edited.
import { acceptCompletion, autocompletion, type CompletionContext, completionStatus, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Transaction } from "@codemirror/state";
import { EditorView, type KeyBinding, keymap } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";
import { useEffect, useEffectEvent, useRef } from "react";

import type { Completions } from "./assist.ts";
import { changesOf } from "./merge-text.ts";

interface CodeEditorProps {
  source: string;
  language: string;
  label: string;
  onType: (source: string) => void;
  /** Is told where the cursor is, for what splits a cell. */
  onMove: (offset: number) => void;
  /** How the code may go on; undefined where nobody knows. */
  onComplete: (code: string, cursor: number) => Promise<Completions | undefined>;
  onInspect: (code: string, cursor: number) => void;
}

const COLORS = tagHighlighter([
  { tag: [tags.keyword, tags.bool], class: "syn-kw" },
  { tag: tags.string, class: "syn-str" },
  { tag: tags.number, class: "syn-num" },
  { tag: tags.comment, class: "syn-com" },
]);

const LOOK = EditorView.theme({
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "var(--t-code)" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 14px" },
  ".syn-kw": { color: "var(--syn-kw)" },
  ".syn-str": { color: "var(--syn-str)" },
  ".syn-num": { color: "var(--syn-num)" },
  ".syn-com": { color: "var(--syn-com)" },
  ".cm-tooltip": { border: "1px solid var(--line-2)", borderRadius: "var(--r2)", background: "var(--surface)", boxShadow: "var(--shadow-2)", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { font: "var(--t-code)", maxHeight: "240px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px", color: "var(--ink)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--accent-weak)", color: "var(--ink)" },
  ".cm-completionDetail": { color: "var(--ink-3)", fontStyle: "normal" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "650" },
});

/** Whether what is in front of the cursor, in its line, is so. */
function ends(view: EditorView, pattern: RegExp): boolean {
  const { head, empty } = view.state.selection.main;
  return empty && pattern.test(view.state.sliceDoc(view.state.doc.lineAt(head).from, head));
}

/** Tab completes where a word or a dot ends, Shift+Tab says what it is; in front of the code both indent. */
function assistKeys(onInspect: (code: string, cursor: number) => void): KeyBinding[] {
  const inspects = (view: EditorView) => {
    if (!ends(view, /\S/)) return false;
    onInspect(view.state.doc.toString(), view.state.selection.main.head);
    return true;
  };
  return [{ key: "Tab", run: (view) => acceptCompletion(view) || (ends(view, /[\w.]$/) && startCompletion(view)) }, { key: "Shift-Tab", run: inspects }];
}

function completing(ask: CodeEditorProps["onComplete"]) {
  const source = async (context: CompletionContext) => {
    if (!context.explicit && context.matchBefore(/\.\w*/) === null) return null;
    const found = await ask(context.state.doc.toString(), context.pos);
    if (found === undefined || found.options.length === 0) return null;
    const options = found.options.map(({ label, type }) => ({ label, detail: type }));
    return { from: found.from, options, validFor: /^\w*$/ };
  };
  return autocompletion({ override: [source], icons: false, activateOnTyping: true });
}

export function CodeEditor({ source, language, label, onType, onMove, onComplete, onInspect }: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const begun = useEffectEvent(() => source);
  const moved = useEffectEvent((head: number) => onMove(head));
  const typed = useEffectEvent((text: string) => onType(text));
  const completed = useEffectEvent((code: string, cursor: number) => onComplete(code, cursor));
  const inspected = useEffectEvent((code: string, cursor: number) => onInspect(code, cursor));
  useEffect(() => {
    if (place.current === null) return undefined;
    const host = place.current;
    // The page's policy refuses style elements; in a shadow root the editor does without them.
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const heard = EditorView.updateListener.of((update) => {
      moved(update.state.selection.main.head);
      if (update.docChanged) typed(update.state.doc.toString());
      // Keys belong to the list while it is open.
      host.toggleAttribute("data-choosing", completionStatus(update.state) === "active");
    });
    const keys = keymap.of([...defaultKeymap.filter(({ key }) => key !== "Mod-Enter" && key !== "Alt-ArrowUp" && key !== "Alt-ArrowDown"), ...historyKeymap, indentWithTab]);
    const words = EditorView.contentAttributes.of({ "aria-label": label });
    const grammar = language === "python" ? [python()] : [];
    const assisted = language === "text" ? [] : [keymap.of(assistKeys((code, cursor) => inspected(code, cursor))), completing((code, cursor) => completed(code, cursor))];
    const extensions = [...assisted, history(), indentOnInput(), indentUnit.of("    "), syntaxHighlighting(COLORS), LOOK, EditorView.lineWrapping, heard, words, grammar, keys];
    const editor = new EditorView({ state: EditorState.create({ doc: begun(), extensions }), parent: root, root });
    view.current = editor;
    editor.focus();
    return () => editor.destroy();
  }, [language, label]);
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === source) return;
    // What others wrote is not what `Control+Z` takes back.
    editor.dispatch({ changes: changesOf(editor.state.doc.toString(), source), annotations: Transaction.addToHistory.of(false) });
  }, [source]);
  return <div ref={place} />;
}
