/**
 * `<div data-similar="/api/v1/search?kind=question">` below a title: what was asked before and sounds like it, while
 * one types. Where there is no search, or no connection, nothing is shown.
 */
interface Found {
  post: { id: string; title: string; url: string };
  snippet?: { text?: string };
}
const MOST = 5;
const WAIT = 450;
/** From which share of what was typed on something sounds alike. */
const ALIKE = 0.34;

/** Pairs of neighbouring characters, by which texts of any script compare. */
function pairs(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.flatMap((w) => (w.length < 2 ? [w] : [...w].slice(1).map((c, i) => [...w][i] + c))));
}

function alike(typed: Set<string>, text: string): number {
  const theirs = pairs(text);
  return [...typed].filter((pair) => theirs.has(pair)).length / Math.max(1, typed.size);
}

export function similar(place: HTMLElement): void {
  const title = place.closest("form")?.querySelector<HTMLInputElement>("[name=title]");
  const list = place.querySelector("ul");
  if (!title || !list) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;

  const look = async () => {
    running?.abort();
    running = new AbortController();
    const text = title.value.trim();
    const typed = pairs(text);
    if (typed.size < 3) return show([]);
    try {
      const answer = await fetch(`${place.dataset.similar}&limit=${MOST * 2}&q=${encodeURIComponent(text)}`, { signal: running.signal });
      if (!answer.ok) return show([]);
      const { items } = (await answer.json()) as { items: Found[] };
      const near = items.map((item) => ({ item, share: alike(typed, item.post.title) }));
      show(near.filter(({ share }) => share >= ALIKE).sort((a, b) => b.share - a.share).slice(0, MOST).map(({ item }) => item));
    } catch {
      // A newer title took its place, or the network is gone: what is shown stays.
    }
  };
  const show = (items: Found[]) => {
    place.hidden = !items.length;
    list.replaceChildren(
      ...items.map(({ post }) => {
        const line = document.createElement("li");
        const link = document.createElement("a");
        [link.href, link.textContent, link.target] = [post.url, post.title, "_blank"];
        line.append(link);
        return line;
      }),
    );
  };
  title.addEventListener("input", (event) => {
    // Between two strokes of an input method there is nothing to look for yet.
    if ((event as InputEvent).isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
  if (title.value) void look();
}
