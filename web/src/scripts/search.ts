/**
 * Results while one types: `<form data-live-search>` fetches its own address with `fragment=1` and puts the answer into
 * `#results` (or what the attribute names). The address of the page follows, so that it can be shared.
 */
export function liveSearch(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-live-search]")) {
    const place = document.querySelector<HTMLElement>(form.dataset.liveSearch || "#results");
    if (place) follow(form, place);
  }
}

function follow(form: HTMLFormElement, place: HTMLElement): void {
  let running: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const search = async () => {
    running?.abort();
    running = new AbortController();
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string" && value) query.set(name, value);
    const address = `${form.action}?${query}`;
    query.set("fragment", "1");
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${form.action}?${query}`, { signal: running.signal });
      if (!answer.ok) return;
      place.innerHTML = await answer.text();
      history.replaceState(null, "", address);
    } catch (error) {
      // A newer question took its place, or the network is gone: what is shown stays.
      if ((error as Error).name !== "AbortError") form.removeAttribute("data-live-search");
    } finally {
      place.removeAttribute("aria-busy");
    }
  };

  const soon = (wait: number) => {
    clearTimeout(timer);
    timer = setTimeout(search, wait);
  };
  form.addEventListener("input", (event) => {
    // Between two strokes of an input method there is nothing to search for yet.
    if (!(event as InputEvent).isComposing) soon(150);
  });
  form.addEventListener("compositionend", () => soon(0));
}
