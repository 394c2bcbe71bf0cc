/** Results while one types: fetches `/search?fragment=1&q=…` and puts it into the element named by `data-live-search`. */
export function liveSearch(): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("[data-live-search]")) {
    const place = document.querySelector<HTMLElement>(input.dataset.liveSearch ?? "");
    const form = input.form;
    if (!place || !form) continue;
    let running: AbortController | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const search = async () => {
      running?.abort();
      running = new AbortController();
      const query = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
      if (!query.get("q")?.trim()) return place.replaceChildren();
      query.set("fragment", "1");
      place.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(`${form.action}?${query}`, { signal: running.signal });
        if (answer.ok) place.innerHTML = await answer.text();
        if (input.dataset.keepAddress !== undefined) {
          query.delete("fragment");
          history.replaceState(null, "", `${form.action}?${query}`);
        }
      } catch (error) {
        if ((error as Error).name !== "AbortError") throw error;
      } finally {
        place.removeAttribute("aria-busy");
      }
    };

    input.addEventListener("input", (event) => {
      // Between two strokes of an input method there is nothing to search for yet.
      if ((event as InputEvent).isComposing) return;
      clearTimeout(timer);
      timer = setTimeout(search, 150);
    });
    input.addEventListener("compositionend", () => void search());
  }
}
