/** The owner's inbox by keyboard: `j` `k` along the drafts, `a` publishes, `e` edits, `r` rejects, `?` helps. */
export function inbox(): void {
  document.addEventListener(
    "keydown",
    (event) => {
      const target = event.target as HTMLElement;
      const typing = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (typing && event.key === "Escape") {
        const act = target.closest<HTMLDetailsElement>("details.act");
        if (act) act.open = false;
        act?.querySelector("summary")?.focus();
        return;
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (!/^[jkaer?]$/.test(event.key)) return;
      const wanted = document.querySelector<HTMLElement>(`[data-inbox] [data-key="${event.key}"]`);
      if (!wanted) return;
      // The page's own keys do not act beside these.
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.repeat) return;
      wanted.click();
    },
    true,
  );
  for (const act of document.querySelectorAll<HTMLDetailsElement>("details.act")) {
    act.addEventListener("toggle", () => {
      if (!act.open) return;
      for (const other of document.querySelectorAll<HTMLDetailsElement>("details.act[open]")) if (other !== act) other.open = false;
      act.querySelector<HTMLElement>("textarea, input:not([type=hidden])")?.focus();
    });
  }
}
