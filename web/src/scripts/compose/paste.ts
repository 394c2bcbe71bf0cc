/** What is pasted: rich text becomes Markdown, an address over a selection becomes a link. */
import { EditorView } from "@codemirror/view";

const BLOCKS = /^(P|DIV|SECTION|ARTICLE|MAIN|HEADER|FOOTER|ASIDE|FIGURE|FIGCAPTION|DL|DT|DD|ADDRESS|DETAILS|SUMMARY)$/;
/** What makes a text rich: a page that has none of it is better pasted as it is. */
const RICH = "a[href],strong,b,em,i,code,pre,ul,ol,blockquote,table,h1,h2,h3,h4,h5,h6,img[src],del,s";

/** HTML as Markdown; `undefined` where there is nothing in it that plain text would lose. */
export function markdownOf(html: string): string | undefined {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.querySelectorAll("script,style,template,noscript,head,title,meta,button,svg").forEach((e) => e.remove());
  // Google puts everything it copies into a <b> that is not bold.
  page.querySelectorAll("b[style*='normal'],b[id^='docs-internal']").forEach((e) => e.replaceWith(...e.childNodes));
  if (!page.body.querySelector(RICH)) return undefined;
  return blocks(page.body, 0).replace(/\n{3,}/g, "\n\n").trim();
}

const web = (address: string | null) => (address && /^(https?:|mailto:)/i.test(address) ? address.replace(/[\s<>]/g, encodeURIComponent).replace(/\(/g, "%28").replace(/\)/g, "%29") : "");
const escaped = (text: string) => text.replace(/([\\`*_[\]<])/g, "\\$1");

/** A line's worth of nodes. */
function inline(node: Node): string {
  let out = "";
  for (const child of node.childNodes) {
    if (child instanceof Text) {
      out += escaped(child.data.replace(/\s+/g, " "));
      continue;
    }
    if (!(child instanceof HTMLElement)) continue;
    const inside = () => inline(child);
    const around = (mark: string) => {
      const text = inside();
      const bare = text.trim();
      return bare ? text.replace(bare, () => `${mark}${bare}${mark}`) : text;
    };
    switch (child.tagName) {
      case "BR":
        out += "\n";
        break;
      case "STRONG":
      case "B":
        out += around("**");
        break;
      case "EM":
      case "I":
        out += around("*");
        break;
      case "DEL":
      case "S":
        out += around("~~");
        break;
      case "CODE":
      case "KBD":
      case "SAMP":
      case "TT": {
        const text = (child.textContent ?? "").replace(/\s+/g, " ");
        const marks = text.includes("`") ? "``" : "`";
        const gap = text.startsWith("`") || text.endsWith("`") ? " " : "";
        if (text) out += `${marks}${gap}${text}${gap}${marks}`;
        break;
      }
      case "A": {
        const to = web(child.getAttribute("href"));
        const text = inside().trim();
        out += to && text ? `[${text}](${to})` : text;
        break;
      }
      case "IMG": {
        const from = web(child.getAttribute("src"));
        if (from) out += `![${escaped(child.getAttribute("alt") ?? "")}](${from})`;
        break;
      }
      default:
        out += inside();
    }
  }
  return out;
}

function isBlock(element: Element): boolean {
  return BLOCKS.test(element.tagName) || /^(UL|OL|LI|PRE|BLOCKQUOTE|TABLE|HR|H[1-6])$/.test(element.tagName);
}

/** Blocks one below the other; text between them is a paragraph of its own. */
function blocks(parent: Element, depth: number): string {
  const out: string[] = [];
  let loose = document.createElement("p");
  const settle = () => {
    const text = inline(loose).trim();
    if (text) out.push(text);
    loose = document.createElement("p");
  };
  // Beyond this depth nothing is written by people.
  if (depth > 24) return escaped(parent.textContent ?? "");
  for (const node of [...parent.childNodes]) {
    if (!(node instanceof Element) || !(isBlock(node) || node.querySelector("p,ul,ol,pre,table,blockquote,h1,h2,h3,h4,h5,h6"))) {
      loose.append(node.cloneNode(true));
      continue;
    }
    settle();
    out.push(block(node, depth));
  }
  settle();
  return out.filter((text) => text.trim()).join("\n\n");
}

function block(element: Element, depth: number): string {
  const tag = element.tagName;
  const level = /^H([1-6])$/.exec(tag)?.[1];
  if (level) return `${"#".repeat(Number(level))} ${inline(element).replace(/\s+/g, " ").trim()}`;
  if (tag === "HR") return "---";
  if (tag === "PRE") return fenced(element);
  if (tag === "BLOCKQUOTE") return blocks(element, depth + 1).replace(/^/gm, "> ");
  if (tag === "UL" || tag === "OL") return list(element, depth);
  if (tag === "TABLE") return table(element as HTMLTableElement);
  return blocks(element, depth + 1);
}

function fenced(element: Element): string {
  const text = (element.textContent ?? "").replace(/\n$/, "");
  const names = `${element.className} ${element.querySelector("code")?.className ?? ""}`;
  const language = /(?:language|lang|highlight-source)-([\w+#-]+)/.exec(names)?.[1] ?? "";
  const fence = text.includes("```") ? "````" : "```";
  return `${fence}${language}\n${text}\n${fence}`;
}

function list(element: Element, depth: number): string {
  const first = Number(element.getAttribute("start") ?? 1);
  return [...element.children]
    .filter((item) => item.tagName === "LI" || item.tagName === "UL" || item.tagName === "OL")
    .map((item, n) => {
      const mark = element.tagName === "OL" ? `${first + n}. ` : "- ";
      const text = item.tagName === "LI" ? blocks(item, depth + 1).replace(/\n\n(?=\s*(?:[-*]|\d+\.) )/g, "\n") : list(item, depth + 1);
      return mark + text.replace(/\n/g, `\n${" ".repeat(mark.length)}`);
    })
    .join("\n");
}

function table(element: HTMLTableElement): string {
  const rows = [...element.rows].map((row) => [...row.cells].map((cell) => inline(cell).replace(/\s+/g, " ").replace(/\|/g, "\\|").trim()));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  if (!columns) return "";
  const line = (cells: string[]) => `| ${Array.from({ length: columns }, (_, i) => cells[i] ?? "").join(" | ")} |`;
  const [head = [], ...rest] = rows;
  return [line(head), line(Array.from({ length: columns }, () => "---")), ...rest.map(line)].join("\n");
}

/** Takes a paste over where it can do better than plain text. */
export const pasting = EditorView.domEventHandlers({
  paste(event, view) {
    const data = event.clipboardData;
    if (!data || view.state.readOnly) return false;
    const text = data.getData("text/plain").trim();
    const { from, to, empty } = view.state.selection.main;
    const selected = view.state.sliceDoc(from, to);
    if (!empty && /^https?:\/\/\S+$/.test(text) && !/\n|^https?:/.test(selected)) {
      event.preventDefault();
      const insert = `[${selected}](${web(text)})`;
      view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: "input.paste" });
      return true;
    }
    const html = data.getData("text/html");
    // What comes out of an editor of code is coloured, not rich.
    if (!html || data.types.includes("vscode-editor-data") || /^<meta[^>]*><pre/.test(html)) return false;
    const markdown = markdownOf(html);
    if (!markdown) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(markdown), { userEvent: "input.paste", scrollIntoView: true });
    return true;
  },
});
