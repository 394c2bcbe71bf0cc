/**
 * A quiet line while vectors are still being computed: `<p data-indexing="… {n} …" hidden>` appears with the number of
 * posts that wait, follows it down and goes away.
 */
const EVERY = 5_000;

export function indexing(): void {
  for (const line of document.querySelectorAll<HTMLElement>("[data-indexing]")) void follow(line, line.dataset.indexing ?? "");
}

async function follow(line: HTMLElement, words: string): Promise<void> {
  try {
    const answer = await fetch("/api/v1/search/status");
    if (!answer.ok) return;
    const { pending } = (await answer.json()) as { pending: number };
    line.hidden = pending === 0;
    line.textContent = words.replace("{n}", pending.toLocaleString("en"));
    if (pending > 0) setTimeout(() => void follow(line, words), EVERY);
  } catch {
    // It is only a hint: without an answer there is none.
  }
}
