/**
 * The sentence that a citation leads to. Its address names the words (`#:~:text=…`), which some browsers mark by
 * themselves, some only outside of code and lists, and some not at all; here they are found in the text and marked in all.
 */

/** The words that the address names: the whole, or how it begins and ends. */
function wanted(): { start: string; end: string } | undefined {
  // The document's own address no longer has the directive; what was navigated to still does.
  const address = performance.getEntriesByType("navigation")[0]?.name ?? "";
  const directive = address.split(":~:text=")[1]?.split("&")[0];
  if (!directive) return undefined;
  const [start = "", end = ""] = directive.split(",").map(decodeURIComponent);
  return { start, end };
}

/** All text of an element with runs of white space as one space, and where each character stands. */
function characters(root: Element): { text: string; at: [Text, number][] } {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const at: [Text, number][] = [];
  let text = "";
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    for (let i = 0; i < node.data.length; i++) {
      const space = /\s/.test(node.data[i] ?? "");
      if (space && (text === "" || text.endsWith(" "))) continue;
      text += space ? " " : node.data[i];
      at.push([node, i]);
    }
  }
  return { text, at };
}

function find(root: Element, { start, end }: { start: string; end: string }): Range | undefined {
  const { text, at } = characters(root);
  const from = text.indexOf(start);
  const last = end ? text.indexOf(end, from + start.length) + end.length - 1 : from + start.length - 1;
  const first = at[from];
  const final = at[last];
  if (from < 0 || last < from || !first || !final) return undefined;
  const range = new Range();
  range.setStart(...first);
  range.setEnd(final[0], final[1] + 1);
  return range;
}

/** Marks the cited sentence and brings it into the middle of the page. */
export function cited(): void {
  const words = wanted();
  if (!words || !("highlights" in CSS)) return;
  for (const prose of document.querySelectorAll("main .prose")) {
    const range = find(prose, words);
    if (!range) continue;
    CSS.highlights.set("cited", new Highlight(range));
    document.documentElement.classList.add("cited");
    range.startContainer.parentElement?.scrollIntoView({ block: "center" });
    return;
  }
}
