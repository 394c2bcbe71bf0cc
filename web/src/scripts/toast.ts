/** Says something for a moment, to eyes and to screen readers; an action makes it undoable. */
export function toast(text: string, action?: { label: string; run: () => void }, kind = ""): void {
  let region = document.querySelector<HTMLElement>(".toasts");
  if (!region) {
    region = document.createElement("div");
    region.className = "toasts";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  const note = document.createElement("div");
  note.className = `toast ${kind}`;
  note.textContent = text;
  const leave = () => note.remove();
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      action.run();
      leave();
    });
    note.append(button);
  }
  region.append(note);
  setTimeout(leave, action ? 8000 : 3000);
}
