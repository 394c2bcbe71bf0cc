/** What every page gets; anything larger is fetched only by pages that have a use for it. */
import { toast } from "./toast";
import { keyboard } from "./keys";
import { settleDrafts } from "./drafts";
import { localTimes } from "./times";

const here = <T extends Element>(selector: string) => document.querySelector<T>(selector);
const all = <T extends Element>(selector: string) => document.querySelectorAll<T>(selector);

/** The page's own words for scripts: `data-copy`, `data-copied`… of the body. */
const words = document.body.dataset;

function copyButtons(): void {
  for (const pre of all<HTMLPreElement>(".prose pre, pre.copyable")) {
    if (pre.closest(".code-box")) continue;
    const box = document.createElement("div");
    box.className = "code-box";
    pre.replaceWith(box);
    pre.tabIndex = 0;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn small copy";
    button.textContent = words.copy ?? "";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pre.textContent ?? "");
      toast(words.copied ?? "");
    });
    box.append(pre, button);
  }
  for (const button of all<HTMLButtonElement>("[data-copy-text]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copyText ?? "");
      toast(words.copied ?? "");
    });
  }
}

function menus(): void {
  const open = () => all<HTMLDetailsElement>("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

function dialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-dialog]");
    if (opener) here<HTMLDialogElement>(`#${opener.dataset.dialog}`)?.showModal();
    // A click on the backdrop is a click on the dialog itself.
    if (target instanceof HTMLDialogElement) target.close();
  });
}

/** A form is sent once, and its button says that it is being sent. */
function busyForms(): void {
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const button = (event as SubmitEvent).submitter;
    if (!(button instanceof HTMLButtonElement) || button.name || (event.target as HTMLFormElement).method === "dialog") return;
    button.setAttribute("aria-busy", "true");
  });
  // A page that comes back from the history is ready again.
  addEventListener("pageshow", () => {
    for (const button of all("[aria-busy]")) button.removeAttribute("aria-busy");
  });
}

/** A box to ask in, beside some page, leads to the page of asking, where the answer streams in. */
function askBoxes(): void {
  for (const form of all<HTMLFormElement>("form.askbox[action='/ask']")) {
    if (form.closest("xh-ask")) continue;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const query = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") query.set(name, value);
      location.assign(`/ask?${query}#now`);
    });
  }
}

/** Marks, in the table of contents, the section being read. */
function contents(): void {
  const links = [...all<HTMLAnchorElement>(".toc a[href^='#']")];
  const targets = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  if (!targets.some(Boolean)) return;
  let queued = false;
  const mark = () => {
    queued = false;
    let current = 0;
    targets.forEach((target, i) => {
      if (target && target.getBoundingClientRect().top < innerHeight / 3) current = i;
    });
    links.forEach((link, i) => (i === current ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  };
  addEventListener("scroll", () => {
    if (!queued) requestAnimationFrame(mark);
    queued = true;
  }, { passive: true });
  mark();
}

/** A picture that does not come leaves its words, not a broken frame; without words, nothing. */
function missingPictures(): void {
  const replace = (img: HTMLImageElement) => {
    const words = document.createElement("span");
    words.className = "missing";
    words.textContent = img.alt;
    img.replaceWith(...(img.alt.trim() ? [words] : []));
  };
  document.addEventListener("error", (event) => {
    if (event.target instanceof HTMLImageElement && event.target.closest(".prose")) replace(event.target);
  }, true);
  for (const img of all<HTMLImageElement>(".prose img")) {
    // It may have failed before this script ran: asked for again, it fails where it is heard.
    if (img.complete && !img.naturalWidth) img.src = img.src;
  }
}

/** Ctrl or Command with Enter sends what is written in a field that is there to be sent. */
function sending(): void {
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (sends && field instanceof HTMLTextAreaElement && field.matches("[data-send]")) field.form?.requestSubmit();
  });
}

copyButtons();
missingPictures();
menus();
dialogs();
settleDrafts();
busyForms();
contents();
localTimes();
sending();
askBoxes();
keyboard();

if (performance.getEntriesByType("navigation")[0]?.name.includes(":~:text=")) void import("./cited").then((m) => m.cited());
if (here("xh-ask")) void import("./ask").then((m) => m.define(copyButtons));
if (here("[data-react]")) void import("./react").then((m) => m.reactions());
if (here("[data-live-search]")) void import("./search").then((m) => m.liveSearch());
if (here("[data-draft]")) void import("./editor").then((m) => m.editors());
const alike = here<HTMLElement>("[data-similar]");
if (alike) void import("./similar").then((m) => m.similar(alike));
const compose = () => void import("./compose/index").then((m) => m.define());
if (here("xh-editor:not([data-size])")) compose();
// Below what one reads, the editor comes when one begins to write.
else here("xh-editor")?.addEventListener("focusin", compose, { once: true });
const counted = here<HTMLElement>("[data-bell]");
if (counted) void import("./bell").then((m) => m.bell(counted));
if (here("[data-live]")) void import("./live").then((m) => m.live());
if (here("[data-inbox]")) void import("./inbox").then((m) => m.inbox());
if (here("[data-indexing]")) void import("./indexing").then((m) => m.indexing());
