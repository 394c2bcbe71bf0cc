// What every browser test needs: a browser, the server's address, members, and the posts of the first content.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Address of the server under test. */
export const base = process.env.XINGHE_URL;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };
/** The administrator that `tests/browser.sh` made. */
export const administrator = { handle: "keeper", password: process.env.XINGHE_KEEPER };

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

let visitors = 0;

/** A visitor with a browser of their own, and an address of their own, so that tests do not share a rate limit. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({
    viewport: desktop,
    locale: "zh-CN",
    bypassCSP: true,
    // Headless and without script, the pictures of a page's transition stay and catch every click.
    reducedMotion: options.javaScriptEnabled === false ? "reduce" : "no-preference",
    extraHTTPHeaders: { "x-forwarded-for": `198.51.${process.pid % 250}.${++visitors}` },
    ...options,
  });
  if (process.env.DIST) await context.route("**/assets/*", fresh);
  return context;
}

/** With `DIST=web/dist`: styles and scripts as they were built last, without building the server anew. */
function fresh(route) {
  const name = route.request().url().split("/").pop();
  const files = readdirSync(process.env.DIST);
  const [kind] = name.split("-");
  const file = files.includes(name) ? name : files.find((f) => f.startsWith(`${kind}-`) && f.endsWith(name.slice(name.lastIndexOf("."))));
  return file ? route.fulfill({ path: join(process.env.DIST, file) }) : route.continue();
}

let members = 0;
const password = "a long enough secret 42";

/** Registers a member in this context, which is then signed in. */
export async function register(context, name = "") {
  const handle = `reader${process.pid}x${++members}`;
  const made = await context.request.post(`${base}/register`, {
    form: { handle, name, password, next: "/" },
    headers: { origin: base },
    maxRedirects: 0,
  });
  if (made.status() !== 303) throw new Error(`register: ${made.status()} ${await made.text()}`);
  return handle;
}

export async function signIn(context, { handle, password }) {
  const done = await context.request.post(`${base}/sign-in`, {
    form: { handle, password, next: "/" },
    headers: { origin: base },
    maxRedirects: 0,
  });
  if (done.status() !== 303) throw new Error(`sign-in: ${done.status()}`);
}

async function json(context, path) {
  const answer = await context.request.get(base + path);
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()}`);
  return answer.json();
}

/** Addresses of pages that every kind of test wants to see. */
export async function places(context) {
  const posts = async (query) => (await json(context, `/api/v1/posts?limit=50&${query}`)).items;
  const [articles, questions, projects] = await Promise.all(["kind=article", "kind=question", "kind=project"].map(posts));
  // Guide articles with headings, tables and code in plenty.
  const long = { "zh-Hans": articles.find((p) => p.title.includes("搜索是怎样工作的")), en: articles.find((p) => p.title.includes("SQLite")) };
  const longest = (language) => long[language] ?? articles.find((p) => p.language === language);
  const { items: authors } = await json(context, "/api/v1/members?who=unclaimed&limit=5");
  return { articles, questions, projects, longest, authors };
}

/** Writes into the editor of a page, as if everything had been pasted at once. */
export async function compose(page, text) {
  await page.locator("xh-editor.on").first().waitFor();
  await page.locator("xh-editor textarea").first().evaluate((area, value) => {
    area.value = value;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }, text);
}

/**
 * What axe finds on the page as it is when it has come to rest: a colour that is half faded in has the contrast of
 * neither end. Each finding is a line with its rule and the first elements.
 */
export async function faults(page, { rules, impact } = {}) {
  await page.evaluate(() => {
    for (const fading of document.getAnimations()) if (fading instanceof CSSTransition) fading.finish();
  });
  await page.evaluate(axe);
  const { violations } = await page.evaluate((rules) => window.axe.run(rules ? { runOnly: rules } : {}), rules);
  const nodes = (v) => v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} ${n.any[0]?.message ?? ""}`);
  return violations.filter((v) => !impact || impact.includes(v.impact)).map((v) => `${v.id}: ${nodes(v).join("\n")}`);
}
