import { localTimes } from "./times";

/**
 * Keeps a part of a page as it is now: `<div data-live="/address">` shows the HTML that its address streams as events
 * named `part`. Without script, reloading the page does the same.
 */
export function live(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-live]")) follow(place, place.dataset.live ?? "");
}

function follow(place: HTMLElement, address: string): void {
  let source: EventSource | undefined;
  const open = () => {
    source = new EventSource(address);
    source.addEventListener("part", (event) => {
      // Whoever is on a button with the keyboard stays on it.
      const focused = place.contains(document.activeElement) ? document.activeElement?.id : undefined;
      place.innerHTML = event.data as string;
      localTimes(place);
      if (focused) document.getElementById(focused)?.focus();
    });
  };
  // A page kept in the history must not keep a connection.
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
  open();
}
