/**
 * Pictures that are pasted, dropped or chosen: they are sent, the text keeps their place meanwhile, and what is to be
 * seen on them is asked for below the text.
 */
import { EditorView } from "@codemirror/view";
import { toast } from "../toast";

type Words = Record<string, string>;
interface Added {
  url: string;
  markdown: string;
}

const KINDS = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const shown = (list: FileList | undefined | null) => [...(list ?? [])].filter((file) => KINDS.includes(file.type));
/** Words that end neither the brackets nor anything around them. */
const escaped = (words: string) => words.replace(/\s+/g, " ").trim().replace(/([\\`*_[\]<&])/g, "\\$1");
const filled = (words: string | undefined, name: string) => (words ?? "").replace("{name}", name);

/** The pictures of one editor. */
export class Pictures {
  /** Stands below the text; empty as long as there is nothing to say. */
  readonly panel = document.createElement("div");
  private input = document.createElement("input");
  private view?: EditorView;
  private running = 0;
  private count = 0;

  constructor(private words: Words) {
    this.panel.className = "uploads";
    this.panel.setAttribute("aria-live", "polite");
    [this.input.type, this.input.accept, this.input.multiple, this.input.hidden] = ["file", KINDS.join(), true, true];
    this.input.addEventListener("change", () => {
      const view = this.view;
      if (view) this.take(view, shown(this.input.files), view.state.selection.main.head);
      this.input.value = "";
    });
  }

  /** Knows the editor, and keeps its form from being sent without what is still on its way. */
  attach(view: EditorView, form: HTMLFormElement | null): void {
    this.view = view;
    form?.addEventListener("submit", (event) => {
      if (!this.running) return;
      event.preventDefault();
      toast(this.words.uploadWait ?? "", undefined, "bad");
    });
  }

  /** Lets the member choose files. */
  choose(): void {
    this.input.click();
  }

  /** Before other handlers of a paste: a picture that was copied comes with its address as rich text. */
  readonly handlers = EditorView.domEventHandlers({
    paste: (event, view) => {
      const files = shown(event.clipboardData?.files);
      const html = event.clipboardData?.getData("text/html") ?? "";
      const words = html && new DOMParser().parseFromString(html, "text/html").body.textContent?.trim();
      // A table or a page that was copied also comes as a picture of itself.
      if (!files.length || words || view.state.readOnly) return false;
      event.preventDefault();
      this.take(view, files, view.state.selection.main.head);
      return true;
    },
    drop: (event, view) => {
      const files = shown(event.dataTransfer?.files);
      if (!files.length || view.state.readOnly) return false;
      event.preventDefault();
      this.take(view, files, view.posAtCoords({ x: event.clientX, y: event.clientY }) ?? view.state.selection.main.head);
      return true;
    },
  });

  private take(view: EditorView, files: File[], at: number): void {
    for (const file of files) {
      const place = `![${this.words.uploading ?? ""} ${++this.count}…]()`;
      const line = view.state.doc.lineAt(at);
      const insert = `${at > line.from ? "\n\n" : ""}${place}\n`;
      view.dispatch({ changes: { from: at, insert }, selection: { anchor: at + insert.length }, scrollIntoView: true, userEvent: "input.paste" });
      at += insert.length;
      void this.send(view, file, place);
    }
    view.focus();
  }

  /** Puts something else where the text has this; nothing where it no longer has it. */
  private put(view: EditorView, old: string, insert: string): void {
    const from = view.state.doc.toString().indexOf(old);
    if (from >= 0) view.dispatch({ changes: { from, to: from + old.length, insert } });
  }

  private async send(view: EditorView, file: File, place: string): Promise<void> {
    const item = document.createElement("div");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    name.textContent = file.name;
    [bar.max, bar.value] = [1, 0];
    bar.setAttribute("aria-label", file.name);
    item.append(name, bar);
    this.panel.append(item);
    this.running += 1;
    try {
      const added = await upload(file, (part) => (bar.value = part), this.words.uploadFailed ?? "");
      this.put(view, place, added.markdown);
      this.ask(view, item, file.name, added);
    } catch (error) {
      this.put(view, place, "");
      const said = document.createElement("p");
      [said.className, said.textContent] = ["error", `${file.name}: ${(error as Error).message}`];
      said.setAttribute("role", "alert");
      item.replaceChildren(said, this.close(item));
    } finally {
      this.running -= 1;
    }
  }

  /** Asks what is to be seen, and writes it into the text. */
  private ask(view: EditorView, item: HTMLElement, name: string, { url, markdown }: Added): void {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const hint = document.createElement("p");
    const small = document.createElement("img");
    [small.src, small.alt] = [url, ""];
    label.textContent = filled(this.words.alt, name);
    [input.className, input.maxLength, input.id] = ["input", 500, `alt-${url.replace(/\W/g, "")}`];
    label.htmlFor = input.id;
    [hint.className, hint.id, hint.textContent] = ["hint", `${input.id}-hint`, this.words.altHint ?? ""];
    input.setAttribute("aria-describedby", hint.id);
    let now = markdown;
    input.addEventListener("input", () => {
      const next = `![${escaped(input.value)}](${url})`;
      this.put(view, now, next);
      [now, hint.hidden] = [next, Boolean(input.value.trim())];
    });
    const close = this.close(item);
    input.addEventListener("keydown", (event) => {
      // Enter ends the words, it does not send the post.
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      close.click();
    });
    const field = document.createElement("div");
    field.append(label, input, hint);
    item.className = "asking";
    item.replaceChildren(small, field, close);
  }

  private close(item: HTMLElement): HTMLButtonElement {
    const button = document.createElement("button");
    [button.type, button.className, button.textContent] = ["button", "btn quiet", this.words.done ?? ""];
    button.addEventListener("click", () => {
      item.remove();
      this.view?.focus();
    });
    return button;
  }
}

/** Sends a file; says how much of it is there. */
function upload(file: File, progress: (part: number) => void, failed: string): Promise<Added> {
  return new Promise((resolve, reject) => {
    // What `fetch` does not tell: how far it is.
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/pictures");
    request.setRequestHeader("Content-Type", file.type);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new Error(failed)));
    request.addEventListener("load", () => {
      const answer = request.response as (Added & { detail?: string; errors?: { detail: string }[] }) | null;
      if (request.status === 201 && answer) resolve(answer);
      else reject(new Error(answer?.errors?.[0]?.detail ?? answer?.detail ?? failed));
    });
    request.send(file);
  });
}
