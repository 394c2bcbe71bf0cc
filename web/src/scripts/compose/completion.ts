/** Members after `@`, tags after `#`, posts after `[[`. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";

interface Member {
  handle: string;
  name: string;
}
interface Found {
  post: { title: string; url: string };
}

async function json<T>(address: string): Promise<T | undefined> {
  try {
    const answer = await fetch(address);
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

/** Waits for the next key a little, so that not every stroke asks; `true` where a newer one came. */
async function overtaken(context: CompletionContext): Promise<boolean> {
  await new Promise((later) => setTimeout(later, 120));
  return context.aborted;
}

/** In code, marks mean something else. */
function inCode(context: CompletionContext): boolean {
  const before = context.state.sliceDoc(0, context.pos);
  const fences = before.match(/^(```|~~~)/gm)?.length ?? 0;
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return fences % 2 === 1 || (line.match(/`/g)?.length ?? 0) % 2 === 1;
}

let tags: Promise<string[]> | undefined;

export async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const found = context.matchBefore(/(?:^|[^\p{L}\p{N}_`/])(?:@[\w-]{1,40}|#[\p{L}\p{N}_+.-]{1,32}|\[\[[^\]\n]{1,60})$/u);
  if (!found || inCode(context)) return null;
  const at = found.text.search(/@|#|\[\[/);
  const [mark, from] = [found.text[at], found.from + at];
  const typed = found.text.slice(at + (mark === "[" ? 2 : 1));
  if (mark === "@") return members(context, from, typed);
  if (mark === "#") return topics(from, typed);
  return posts(context, from, typed);
}

async function members(context: CompletionContext, from: number, typed: string): Promise<CompletionResult | null> {
  if (await overtaken(context)) return null;
  const found = await json<{ items: Member[] }>(`/api/v1/members?limit=8&q=${encodeURIComponent(typed)}`);
  const wanted = typed.toLowerCase();
  const begins = (m: Member) => Number(m.handle.startsWith(wanted) || m.name.toLowerCase().startsWith(wanted));
  const options = found?.items.sort((a, b) => begins(b) - begins(a)).map((m): Completion => ({ label: `@${m.handle}`, detail: m.name, apply: `@${m.handle} ` }));
  return options?.length ? { from, options, filter: false } : null;
}

async function topics(from: number, typed: string): Promise<CompletionResult | null> {
  tags ??= json<{ items: { tag: string }[] }>("/api/v1/tags").then((found) => found?.items.map((t) => t.tag) ?? []);
  const wanted = typed.toLowerCase();
  // What was typed in full comes first, then what begins so, each the most used first.
  const rank = (tag: string) => Number(tag === wanted) + Number(tag.startsWith(wanted));
  const options = (await tags)
    .filter((tag) => tag.includes(wanted))
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, 8)
    .map((tag): Completion => ({ label: `#${tag}`, apply: `[#${tag}](/tags/${encodeURIComponent(tag)}) ` }));
  return options.length ? { from, options, filter: false } : null;
}

async function posts(context: CompletionContext, from: number, typed: string): Promise<CompletionResult | null> {
  if (await overtaken(context)) return null;
  const found = await json<{ items: Found[] }>(`/api/v1/search?limit=8&q=${encodeURIComponent(typed)}`);
  const option = ({ post }: Found): Completion => ({
    label: post.title,
    apply: (view, _, at, to) => {
      const insert = `[${post.title.replace(/([\\[\]])/g, "\\$1")}](${post.url})`;
      // The brackets that closed themselves are of no use any more.
      const end = to + (/^\]{0,2}/.exec(view.state.sliceDoc(to, to + 2))?.[0].length ?? 0);
      view.dispatch({ changes: { from: at, to: end, insert }, selection: { anchor: at + insert.length }, userEvent: "input.complete" });
    },
  });
  const options = found?.items.map(option);
  return options?.length ? { from, options, filter: false } : null;
}
