/**
 * The bell in the header counts what is unread, also while a page stays open: the count is streamed, and stands before
 * the page's title, too. A page that nobody looks at holds no stream, and after signing out no window asks again.
 */
export function bell(link: HTMLElement): void {
  const figure = link.querySelector(".n");
  const title = document.title;
  let source: EventSource | undefined;
  let later = 0;
  let over = false;
  const close = () => {
    clearTimeout(later);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    if (over) return;
    source = new EventSource(link.dataset.bell ?? "");
    source.addEventListener("count", (event) => {
      const { shown, label } = JSON.parse(event.data as string) as { shown: string; label: string };
      if (figure) figure.textContent = shown;
      link.ariaLabel = link.title = label;
      document.title = shown ? `(${shown}) ${title}` : title;
    });
    source.addEventListener("error", () => {
      // The browser asks again by itself, unless it was turned away: too many windows, or signed out.
      if (source?.readyState === EventSource.CLOSED) later = window.setTimeout(open, 60_000);
    });
  };
  const end = () => {
    over = true;
    close();
  };
  const windows = "BroadcastChannel" in window ? new BroadcastChannel("xinghe-session") : undefined;
  windows?.addEventListener("message", end);
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (new URL(form.action, location.href).pathname !== "/sign-out") return;
    end();
    windows?.postMessage("ended");
  });
  const follow = () => (document.hidden ? close() : open());
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (event.persisted) follow();
  });
  follow();
}
