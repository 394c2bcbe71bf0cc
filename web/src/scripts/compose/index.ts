/**
 * `<xh-editor>` around a textarea: an editor of Markdown in its place. The textarea stays the field of the form, always
 * with the same text; without this script it is all there is.
 */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec, type StateCommand } from "@codemirror/state";
import { drawSelection, EditorView, keymap, type KeyBinding, placeholder } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";
import styles from "../../styles/editor.css?url";
import { toast } from "../toast";
import { bullets, code, heading, link, numbers, quote, run, table, wrap } from "./commands";
import { complete } from "./completion";
import { count } from "./count";
import { markdown } from "./language";
import { pasting } from "./paste";
import { Pictures } from "./pictures";
import { icon } from "./icons";

type Words = Record<string, string>;
type View = "write" | "both" | "preview";
const VIEW = "xinghe:editor-view";
const wide = matchMedia("(min-width: 60rem)");

interface Tool {
  name: string;
  key?: string;
  run: StateCommand;
}

const highlight = HighlightStyle.define([
  { tag: t.heading, class: "md-heading" },
  { tag: t.strong, class: "md-strong" },
  { tag: t.emphasis, class: "md-em" },
  { tag: t.strikethrough, class: "md-gone" },
  { tag: [t.link, t.url], class: "md-link" },
  { tag: [t.monospace], class: "md-code" },
  { tag: [t.processingInstruction, t.contentSeparator, t.meta, t.labelName], class: "md-mark" },
  { tag: t.quote, class: "md-quote" },
]);

/** Before all keymaps: after Escape the next Tab leaves, however long it takes to find the key; any other key goes on writing. */
const leaving = Prec.highest(EditorView.domEventHandlers({
  keydown(event, view) {
    if (event.key === "Escape") view.setTabFocusMode(true);
    else if (!["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key)) view.setTabFocusMode(false);
  },
  blur: (_, view) => view.setTabFocusMode(false),
}));

/** `Mod-Shift-8` as the keyboard at hand has it. */
function shown(key: string): string {
  const mac = /Mac|iP(hone|ad)/.test(navigator.platform);
  return key.replace("Mod", mac ? "⌘" : "Ctrl").replace("Alt", mac ? "⌥" : "Alt").replace("Shift", mac ? "⇧" : "Shift").replace(/-(.)$/, (_, c: string) => `-${c.toUpperCase()}`).replaceAll("-", mac ? "" : "+");
}

class Editor extends HTMLElement {
  private area?: HTMLTextAreaElement;
  private view?: EditorView;
  private own = false;
  private running?: AbortController;
  private later = 0;
  private preview = document.createElement("div");
  private figures = document.createElement("span");
  private words: Words = {};
  private pictures = new Pictures({});

  connectedCallback(): void {
    const area = this.querySelector("textarea");
    if (!area || this.view) return;
    this.area = area;
    this.words = JSON.parse(this.dataset.words ?? "{}") as Words;
    this.pictures = new Pictures(this.words);
    const focused = document.activeElement === area;
    const [anchor, head] = [area.selectionStart, area.selectionEnd];
    const tools = this.tools();
    this.view = new EditorView({ state: this.state(area, tools), parent: undefined });
    this.pictures.attach(this.view, area.form);
    const bar = this.bar(tools);
    this.preview.className = "preview prose";
    this.preview.setAttribute("role", "region");
    this.preview.setAttribute("aria-label", this.words.preview ?? "");
    this.preview.tabIndex = 0;
    const panes = document.createElement("div");
    panes.className = "panes";
    panes.append(this.view.dom, this.preview);
    const foot = document.createElement("div");
    foot.className = "foot";
    const hint = document.createElement("span");
    [hint.id, hint.textContent] = [`${area.id}-tab`, this.words.tab ?? ""];
    foot.append(hint, this.figures);
    area.hidden = true;
    // A field that is not to be seen cannot say that it must be filled; the server does.
    area.required = false;
    this.append(bar, panes, this.pictures.panel, foot);
    this.classList.add("on");
    this.show((localStorage.getItem(VIEW) as View | null) ?? "write", false);
    wide.addEventListener("change", this.fit);
    this.count();
    area.labels.forEach((label) => label.addEventListener("click", () => this.view?.focus()));
    area.addEventListener("input", () => {
      if (!this.own) this.take();
    });
    area.focus = () => this.view?.focus();
    if (!focused) return;
    this.view.dispatch({ selection: { anchor, head } });
    this.view.focus();
  }

  disconnectedCallback(): void {
    wide.removeEventListener("change", this.fit);
    this.running?.abort();
    this.view?.destroy();
  }

  private tools(): Tool[] {
    const w = this.words;
    return [
      { name: "bold", key: "Mod-b", run: wrap("**") },
      { name: "italic", key: "Mod-i", run: wrap("*") },
      { name: "heading", key: "Mod-Alt-2", run: heading },
      { name: "link", key: "Mod-k", run: link(w.linkWords ?? "") },
      { name: "picture", run: () => (this.pictures.choose(), true) },
      { name: "code", key: "Mod-e", run: code },
      { name: "quote", key: "Mod-Shift-9", run: quote },
      { name: "bullets", key: "Mod-Shift-8", run: bullets },
      { name: "numbers", key: "Mod-Shift-7", run: numbers },
      { name: "table", run: table(w.column ?? "") },
    ];
  }

  private state(area: HTMLTextAreaElement, tools: Tool[]): EditorState {
    const keys = tools.filter((tool) => tool.key).map((tool): KeyBinding => ({ key: tool.key, run: tool.run, preventDefault: true }));
    const send: KeyBinding = {
      key: "Mod-Enter",
      run: () => {
        area.form?.requestSubmit();
        return true;
      },
    };
    const attributes: Record<string, string> = {
      "aria-multiline": "true",
      "aria-label": area.labels[0]?.textContent ?? "",
      "aria-describedby": [`${area.id}-tab`, area.getAttribute("aria-describedby")].filter(Boolean).join(" "),
      spellcheck: "true",
      autocapitalize: "sentences",
    };
    const invalid = area.getAttribute("aria-invalid");
    if (invalid) attributes["aria-invalid"] = invalid;
    return EditorState.create({
      doc: area.value,
      extensions: [
        this.nonce ? EditorView.cspNonce.of(this.nonce) : [],
        leaving,
        history(),
        drawSelection(),
        EditorView.lineWrapping,
        closeBrackets(),
        indentUnit.of("  "),
        markdown(),
        syntaxHighlighting(highlight),
        autocompletion({ override: [complete], icons: false }),
        this.pictures.handlers,
        pasting,
        placeholder(area.placeholder),
        EditorView.contentAttributes.of(attributes),
        keymap.of([send, ...keys, ...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => update.docChanged && this.give()),
      ],
    });
  }

  /** The form has what the editor has. */
  private give(): void {
    if (!this.area || !this.view) return;
    this.area.value = this.view.state.doc.toString();
    this.own = true;
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.own = false;
    this.count();
    if (this.dataset.view !== "write") this.render(600);
  }

  /** Somebody else wrote into the field: a draft came back. */
  private take(): void {
    const [area, view] = [this.area, this.view];
    if (!area || !view || area.value === view.state.doc.toString()) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } });
  }

  private count(): void {
    const { words, minutes } = count(this.area?.value ?? "");
    const number = new Intl.NumberFormat(document.documentElement.lang);
    this.figures.textContent = (this.words.figures ?? "").replace("{n}", number.format(words)).replace("{m}", number.format(minutes));
  }

  private bar(tools: Tool[]): HTMLElement {
    const bar = document.createElement("div");
    bar.className = "tools";
    const set = document.createElement("div");
    set.setAttribute("role", "toolbar");
    set.setAttribute("aria-label", this.words.toolbar ?? "");
    set.setAttribute("aria-controls", this.area?.id ?? "");
    const buttons = tools.map((tool, i) => {
      const button = document.createElement("button");
      const name = this.words[tool.name] ?? tool.name;
      button.type = "button";
      button.dataset.tool = tool.name;
      button.title = tool.key ? `${name} (${shown(tool.key)})` : name;
      button.setAttribute("aria-label", name);
      if (tool.key) button.setAttribute("aria-keyshortcuts", tool.key.replace("Mod", "Control").replaceAll("-", "+"));
      button.tabIndex = i ? -1 : 0;
      button.innerHTML = icon(tool.name);
      // The selection stays where it is.
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => this.view && run(this.view, tool.run));
      return button;
    });
    set.append(...buttons);
    roving(set, buttons);
    const views = document.createElement("div");
    views.className = "segmented views";
    views.setAttribute("role", "group");
    views.setAttribute("aria-label", this.words.view ?? "");
    for (const name of ["write", "both", "preview"] as const) {
      const button = document.createElement("button");
      [button.type, button.textContent, button.dataset.show] = ["button", this.words[name] ?? name, name];
      button.addEventListener("click", () => this.show(name, true));
      views.append(button);
    }
    bar.append(set, views);
    return bar;
  }

  private fit = () => this.show((this.dataset.view as View | undefined) ?? "write", false);

  private show(wanted: View, chosen: boolean): void {
    const view = wanted === "both" && !wide.matches ? "write" : wanted;
    // Nobody begins to write in a preview.
    this.dataset.view = !chosen && view === "preview" ? "write" : view;
    if (chosen) localStorage.setItem(VIEW, view);
    this.querySelectorAll<HTMLButtonElement>("[data-show]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.show === this.dataset.view)));
    if (this.dataset.view !== "write") this.render(0);
    if (chosen && view !== "preview") this.view?.focus();
  }

  /** The text as its page will show it. */
  private render(wait: number): void {
    clearTimeout(this.later);
    this.later = window.setTimeout(async () => {
      this.running?.abort();
      this.running = new AbortController();
      this.preview.setAttribute("aria-busy", "true");
      try {
        const body = new URLSearchParams({ body: this.area?.value ?? "" });
        const answer = await fetch("/preview", { method: "POST", body, signal: this.running.signal });
        if (answer.ok) this.preview.innerHTML = (await answer.text()) || `<p class="faint">${this.words.nothing ?? ""}</p>`;
        else toast(document.body.dataset.failed ?? "", undefined, "bad");
        this.preview.removeAttribute("aria-busy");
      } catch (error) {
        if ((error as Error).name !== "AbortError") this.preview.removeAttribute("aria-busy");
      }
    }, wait);
  }
}

/** One stop for the Tab key; arrows go along. */
function roving(set: HTMLElement, buttons: HTMLButtonElement[]): void {
  set.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    buttons.forEach((b) => (b.tabIndex = b === next ? 0 : -1));
    next?.focus();
  });
}

/** The editor takes the field's place when its styles are here. */
export function define(): void {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = styles;
  sheet.addEventListener("load", () => customElements.define("xh-editor", Editor));
  document.head.append(sheet);
}
