/**
 * `<form data-keep>`: a draft that is saved as one types. What is typed is kept on this device at once and on the
 * server a moment later; without a connection it stays here until there is one. Two devices that write to one draft
 * are told of each other: neither takes the other's place unasked. With `data-keep="here"` (the draft is scheduled, so
 * half a sentence must not go out) only the button saves on the server.
 */
import { draftKey, draftSent } from "./drafts";
import { toast } from "./toast";

type Values = Record<string, string>;
type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
interface Draft {
  id: string;
  version: number;
  url: string;
}

const page = document.body.dataset;
const SOON = 1_500;
const LATEST = 10_000;
const AGAIN = 15_000;

export function keep(form: HTMLFormElement): void {
  const words = form.dataset;
  const hidden = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const [id, version, name] = [hidden("draft"), hidden("version"), hidden("name")];
  const post = /^\/posts\/(\d+)\/edit$/.exec(form.getAttribute("action") ?? "")?.[1];
  const status = form.querySelector<HTMLElement>(".draft");
  const say = (text = "") => status && (status.textContent = text);
  const key = () => draftKey(id.value ? `draft:${id.value}` : (words.draft ?? ""));

  const fields = () =>
    [...form.elements].filter(
      (e): e is Field =>
        Boolean((e as Field).name) &&
        (e instanceof HTMLTextAreaElement || e instanceof HTMLSelectElement || (e instanceof HTMLInputElement && /^(text|url)$/.test(e.type))),
    );
  const read = (): Values => Object.fromEntries(fields().map((f) => [f.name, f.value]));
  const fill = (values: Values) => {
    for (const f of fields()) {
      if (values[f.name] === undefined || f.value === values[f.name]) continue;
      f.value = values[f.name] ?? "";
      f.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  /** As the page came, whatever was typed before this script ran. */
  const came = (f: Field) =>
    f instanceof HTMLSelectElement ? ([...f.options].find((o) => o.defaultSelected) ?? f.options[0])?.value : f.defaultValue;
  const same = (a: Values, b: Values) => JSON.stringify(a) === JSON.stringify(b);
  /** What the server has: nothing that is known, where it sent the form back. */
  const answer = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
  const sentBack = (answer?.responseStatus ?? 200) >= 400;
  let there: Values = sentBack ? {} : Object.fromEntries(fields().map((f) => [f.name, came(f) ?? ""]));
  let running: Promise<void> | undefined;
  let [soon, first, here] = [0, 0, 0];

  const keepHere = () => {
    clearTimeout(here);
    const now = read();
    if (same(now, there)) localStorage.removeItem(key());
    else localStorage.setItem(key(), JSON.stringify({ version: version.value, values: now }));
  };

  const send = async (values: Values): Promise<Response> => {
    const old = Boolean(id.value);
    const body: Values = { ...values, kind: hidden("kind").value };
    if (!old && name.value) body.name = name.value;
    if (!old && post) Object.assign(body, { post, revision: hidden("revision").value });
    return fetch(`/api/v1/drafts${old ? `/${id.value}` : ""}`, {
      method: old ? "PUT" : "POST",
      headers: { "Content-Type": "application/json", ...(old ? { "If-Match": `"${version.value}"` } : {}) },
      body: JSON.stringify(body),
    });
  };

  const took = (draft: Draft, values: Values) => {
    localStorage.removeItem(key());
    const fresh = !id.value;
    [id.value, version.value] = [draft.id, String(draft.version)];
    there = values;
    if (fresh && !post) history.replaceState(null, "", draft.url);
    // The tabs to other kinds take the draft along.
    if (fresh) document.querySelectorAll<HTMLAnchorElement>(".kinds a[href^='/write?']").forEach((a) => (a.search += `&draft=${draft.id}`));
    const time = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format(new Date());
    say(`${words.saved} ${time}`);
    keepHere();
  };

  const save = async (): Promise<void> => {
    clearTimeout(soon);
    first = 0;
    if (running || words.keep !== "server") return running;
    const values = read();
    if (same(values, there)) return;
    say(words.saving);
    const attempt = async () => {
      try {
        const answer = await send(values);
        if (answer.ok) took((await answer.json()) as Draft, values);
        else await refused(answer.status);
      } catch {
        later();
      }
    };
    running = attempt();
    await running;
    running = undefined;
  };
  const later = () => {
    say(words.offline);
    soon = window.setTimeout(save, AGAIN);
  };
  const refused = async (code: number) => {
    if (code === 412 || (code === 409 && !id.value && post)) return clash();
    if (code === 404 && id.value) {
      // It was thrown away on another device, and is written on here: it is a new one.
      [id.value, version.value, name.value] = ["", "", crypto.randomUUID()];
      soon = window.setTimeout(save, SOON);
    } else if (code === 409 && !id.value) {
      // The page came back from the history: what was made of it before has its name.
      name.value = crypto.randomUUID();
      soon = window.setTimeout(save, SOON);
    } else if (code === 429 || code >= 500) later();
    else say(words.refused);
  };

  /** Another device wrote to the draft. */
  const clash = async () => {
    const answer = await fetch(id.value ? `/api/v1/drafts/${id.value}` : `/api/v1/drafts?post=${post}`);
    if (!answer.ok) return say(words.refused);
    const found = (await answer.json()) as Draft & { items?: Draft[] };
    const other = found.items ? found.items[0] : found;
    if (!other) return say(words.refused);
    say(words.refused);
    ask(
      () => {
        localStorage.removeItem(key());
        there = read();
        location.assign(other.url);
      },
      () => {
        [id.value, version.value] = [other.id, String(other.version)];
        void save();
      },
    );
  };
  const ask = (theirs: () => void, mine: () => void) => {
    form.parentElement?.querySelector(".clash")?.remove();
    const note = document.createElement("div");
    note.className = "notice warn clash";
    note.setAttribute("role", "alert");
    const text = document.createElement("span");
    text.textContent = words.conflict ?? "";
    const button = (label: string | undefined, run: () => void) => {
      const made = document.createElement("button");
      [made.type, made.className, made.textContent] = ["button", "btn", label ?? ""];
      made.addEventListener("click", () => {
        note.remove();
        run();
      });
      return made;
    };
    note.append(text, button(words.theirs, theirs), button(words.mine, mine));
    form.before(note);
  };

  form.addEventListener("input", (event) => {
    if (!(event.target as Field).name) return;
    clearTimeout(here);
    here = window.setTimeout(keepHere, 300);
    if (words.keep !== "server") return;
    const now = Date.now();
    first ||= now;
    clearTimeout(soon);
    soon = window.setTimeout(save, Math.max(0, Math.min(SOON, first + LATEST - now)));
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(soon);
    keepHere();
    if (running) {
      // It would build upon a version that is just being replaced.
      event.preventDefault();
      const button = event.submitter;
      void running.then(() => form.requestSubmit(button));
      return;
    }
    const at = form.querySelector<HTMLInputElement>("[name=publish_at]")?.value;
    const east = form.querySelector<HTMLInputElement>("[name=minutes_east]");
    if (at && east) east.value = String(-new Date(at).getTimezoneOffset());
    draftSent(key());
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return;
    keepHere();
    void save();
  });
  addEventListener("online", () => void save());
  const zone = form.querySelector("[data-zone]");
  if (zone) zone.textContent = words.here ?? "";

  if (words.keep === "server" && !same(read(), there)) soon = window.setTimeout(save, SOON);
  // What did not reach the server before.
  const kept = localStorage.getItem(key());
  if (!kept) return;
  const left = JSON.parse(kept) as { version?: string; values?: Values };
  if (!left.values || same(left.values, read())) return keepHere();
  const before = read();
  const back = () => fill(left.values ?? {});
  if ((left.version ?? "") === version.value) {
    back();
    toast(page.draftBack ?? "", { label: page.draftDrop ?? "", run: () => fill(before) });
  } else {
    ask(() => localStorage.removeItem(key()), back);
  }
}
