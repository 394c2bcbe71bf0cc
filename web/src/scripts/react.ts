/**
 * Votes, thanks, bookmarks and follows without leaving the page: the form is sent, and the part that comes back takes
 * its place. Where that fails, the form is sent as without script, and the page says why.
 */
export function reactions(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const button = event.submitter;
    if (event.defaultPrevented || !form.matches("[data-react]") || !(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    if (form.ariaBusy !== "true") void send(form, button);
  });
}

async function send(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  form.ariaBusy = "true";
  const plainly = () => {
    form.removeAttribute("data-react");
    form.requestSubmit(button);
  };
  try {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form, button)) if (typeof value === "string") body.append(name, value);
    // Somebody whose session ended is sent to sign in: that is for the whole page.
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "1" }, redirect: "error" });
    if (!answer.ok) return plainly();
    const part = document.createElement("template");
    part.innerHTML = await answer.text();
    const fresh = part.content.firstElementChild;
    if (!(fresh instanceof HTMLFormElement)) return plainly();
    const focused = form.contains(document.activeElement);
    form.replaceWith(fresh);
    if (focused) fresh.querySelector<HTMLElement>(`[data-tool="${button.dataset.tool}"]`)?.focus();
  } catch {
    plainly();
  }
}
