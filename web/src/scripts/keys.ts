/** `/` search, `c` write, `j` `k` along a list, `?` help. Never while somebody types. */
export function keyboard(): void {
  let at = -1;
  const rows = () => [...document.querySelectorAll<HTMLElement>(".row")];

  const move = (by: number) => {
    const list = rows();
    if (!list.length) return;
    list[at]?.classList.remove("here");
    at = Math.max(0, Math.min(list.length - 1, at + by));
    const row = list[at];
    row?.classList.add("here");
    row?.scrollIntoView({ block: "nearest" });
    row?.querySelector<HTMLElement>("h2 a, h3 a, a")?.focus({ preventScroll: true });
  };

  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const typing = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    if (event.key === "Escape" && typing && target.closest(".find")) return target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    switch (event.key) {
      case "/":
        document.querySelector<HTMLInputElement>(".find input")?.focus();
        break;
      case "c":
        document.querySelector<HTMLAnchorElement>("a[data-write]")?.click();
        break;
      case "j":
        move(1);
        break;
      case "k":
        move(-1);
        break;
      case "?":
        document.querySelector<HTMLDialogElement>("#keys")?.showModal();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}
