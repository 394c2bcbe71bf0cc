/**
 * `<xh-ask>`: around a form that asks. Without script the form shows a page; with it the answer streams in, sentence
 * by sentence, and at the end the page's own rendering of the same answer takes its place.
 */
import { events } from "./sse";

interface Sentence {
  text: string;
  citations: number[];
  code?: boolean;
  paragraph?: boolean;
}
interface Citation {
  n: number;
  quote: string;
  url: string;
}
interface Done {
  id: string;
  rating_key: string;
}

const FIREFLY =
  '<svg class="firefly" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="2.3" fill="currentColor"/><circle cx="8" cy="8" r="5.2" fill="currentColor" opacity=".22"/><path d="M8 1v2M8 13v2M1 8h2M13 8h2" stroke="currentColor" stroke-width="1.1" stroke-linecap="round" opacity=".8"/></svg>';

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

class Ask extends HTMLElement {
  private running?: AbortController;

  connectedCallback(): void {
    // Its own: an answer has forms, too.
    const form = this.querySelector<HTMLFormElement>(":scope > form");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask(form);
    });
    // Sent here by a box on another page, which wants the answer at once.
    if (location.hash === "#now") {
      history.replaceState(null, "", location.pathname + location.search);
      form?.requestSubmit();
    }
  }

  disconnectedCallback(): void {
    this.running?.abort();
  }

  private async ask(form: HTMLFormElement): Promise<void> {
    const data = new FormData(form);
    const question = String(data.get("q") ?? "").trim();
    if (!question) return;
    this.running?.abort();
    this.running = new AbortController();
    const view = this.begin(form, question);
    try {
      const response = await fetch("/api/v1/ask", {
        method: "POST",
        signal: this.running.signal,
        headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
        body: JSON.stringify({
          question,
          ...Object.fromEntries(["twin", "after", "key"].map((name) => [name, data.get(name) || undefined])),
        }),
      });
      if (!response.ok) {
        const problem = (await response.json()) as { detail?: string; errors?: { detail: string }[] };
        throw new Error(problem.errors?.[0]?.detail ?? problem.detail);
      }
      for await (const event of events(response)) {
        if (event.name === "status") view.state(this.dataset.writing ?? "");
        else if (event.name === "citation") view.cite(event.data as Citation);
        else if (event.name === "sentence") view.say(event.data as Sentence);
        else if (event.name === "error") throw new Error((event.data as { detail: string }).detail);
        else if (event.name === "done") await view.finish(event.data as Done);
      }
    } catch (error) {
      if ((error as Error).name !== "AbortError") view.fail((error as Error).message || (this.dataset.failed ?? ""));
    }
  }

  private begin(form: HTMLFormElement, question: string) {
    // What was said before stays while the next answer comes; a failed try does not.
    this.querySelectorAll(":scope > .answer.failed, :scope > .field-error").forEach((old) => old.remove());
    this.querySelectorAll(".answer").forEach((old) => old.removeAttribute("aria-live"));
    const root = element("section", "answer");
    root.setAttribute("aria-live", "polite");
    root.setAttribute("aria-busy", "true");
    const glow = element("div", "glow thinking");
    const mark = element("p", "aimark");
    const state = element("span", "faint", this.dataset.searching);
    mark.innerHTML = FIREFLY;
    mark.append(this.dataset.mark ?? "", " · ", state);
    const prose = element("div", "prose");
    glow.append(mark, prose);
    root.append(element("p", "asked strong", question), glow);
    form.before(root);
    root.scrollIntoView({ block: "nearest" });
    const cited = new Map<number, Citation>();
    let paragraph: HTMLParagraphElement | undefined;

    return {
      state: (text: string) => {
        state.textContent = text;
      },
      cite: (citation: Citation) => void cited.set(citation.n, citation),
      say: (sentence: Sentence) => {
        if (sentence.code) {
          const pre = document.createElement("pre");
          pre.append(element("code", "", sentence.text));
          prose.append(pre);
          paragraph = undefined;
          return;
        }
        if (!paragraph || sentence.paragraph) prose.append((paragraph = element("p", "")));
        paragraph.append(element("span", "sentence", sentence.text));
        for (const n of sentence.citations) {
          const link = element("a", "cite", String(n));
          const citation = cited.get(n);
          if (citation) [link.href, link.title] = [citation.url, citation.quote];
          paragraph.append(link);
        }
        paragraph.append(" ");
      },
      finish: async (done: Done) => {
        const address = `/answers?id=${encodeURIComponent(done.id)}&key=${encodeURIComponent(done.rating_key)}`;
        const page = await fetch(address);
        const text = page.ok ? await page.text() : "";
        const whole = new DOMParser().parseFromString(text, "text/html");
        const [now, next] = [this.closest(".read"), whole.querySelector(".read")];
        glow.classList.remove("thinking");
        root.removeAttribute("aria-busy");
        if (!now || !next?.querySelector(".answer")) {
          form.reset();
          return state.remove();
        }
        const typing = form.contains(document.activeElement);
        now.replaceWith(next);
        document.title = whole.title;
        history.replaceState(null, "", address);
        next.querySelector("h1")?.scrollIntoView({ block: "nearest" });
        // Whoever types the next question already goes on typing it.
        const box = next.querySelector<HTMLInputElement>("xh-ask input[name=q]");
        if (typing) box?.focus({ preventScroll: true });
        afterwards();
      },
      fail: (text: string) => {
        root.classList.add("failed");
        glow.classList.remove("thinking");
        root.removeAttribute("aria-busy");
        state.remove();
        const note = element("p", "notice bad", text);
        note.setAttribute("role", "alert");
        prose.replaceChildren(note);
      },
    };
  }
}

let afterwards = () => {};

/** Defines the element; `then` runs whenever an answer has been put on the page. */
export function define(then: () => void): void {
  afterwards = then;
  customElements.define("xh-ask", Ask);
}
