/** Drafts that survive a closed tab. */
import { draftKey, draftSent } from "./drafts";
import { keep } from "./keep";
import { toast } from "./toast";

const words = document.body.dataset;

/** `<form data-draft="write:question">`: what is typed is kept on this device until it is sent. */
function drafts(form: HTMLFormElement): void {
  const key = draftKey(form.dataset.draft ?? "");
  const fields = () =>
    [...form.elements].filter(
      (e): e is HTMLInputElement | HTMLTextAreaElement =>
        (e instanceof HTMLTextAreaElement || (e instanceof HTMLInputElement && e.type === "text")) && Boolean(e.name),
    );
  const read = () => Object.fromEntries(fields().map((f) => [f.name, f.value]));
  const untouched = JSON.stringify(read());

  const kept = localStorage.getItem(key);
  if (kept && kept !== untouched) {
    const before = read();
    const fill = (values: Record<string, string>) => {
      for (const f of fields()) {
        f.value = values[f.name] ?? f.value;
        f.dispatchEvent(new Event("input", { bubbles: true }));
      }
    };
    fill(JSON.parse(kept) as Record<string, string>);
    form.closest("details")?.setAttribute("open", "");
    toast(words.draftBack ?? "", {
      label: words.draftDrop ?? "",
      run: () => {
        fill(before);
        localStorage.removeItem(key);
      },
    });
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = () => {
    clearTimeout(timer);
    const now = JSON.stringify(read());
    if (now === untouched) localStorage.removeItem(key);
    else localStorage.setItem(key, now);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      keep();
      const note = form.querySelector(".draft");
      if (note) note.textContent = words.draftKept ?? "";
    }, 400);
  });
  form.addEventListener("submit", () => {
    keep();
    draftSent(key);
  });
}

/** Control and Enter send what one is writing. */
function sending(area: HTMLTextAreaElement): void {
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) area.form?.requestSubmit();
  });
}

export function editors(): void {
  document.querySelectorAll<HTMLFormElement>("form[data-draft]").forEach((form) => (form.dataset.keep ? keep(form) : drafts(form)));
  document.querySelectorAll<HTMLTextAreaElement>("form[data-draft] textarea").forEach(sending);
}
