// Pictures of every kind of page: desktop and phone, light and dark, three languages for the main ones. They go to
// target/shots, to be looked at. `make shots`, or only some: `ONLY=home,article make shots`. With DOCS=1 the few that the
// READMEs show are written anew, too.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { administrator, base, desktop, launch, phone, places, register, signIn, visitor } from "./community.mjs";

const out = join(import.meta.dirname, "../../target/shots");
const docs = join(import.meta.dirname, "../../docs/images");
const only = process.env.ONLY?.split(",");
const QUESTION = "SQLite 开了 WAL，写事务为什么还会 BUSY？";
const UNKNOWN = "梅西在2022年世界杯决赛进了几个球？";

const browser = await launch();
const first = await visitor(browser);
const { longest, questions, projects, authors } = await places(first);
const asked = async (question) => {
  const given = await first.request.post(`${base}/api/v1/ask`, { data: { question } });
  const { id, rating_key: key } = await given.json();
  return `/answers?id=${id}&key=${key}`;
};

/** Somebody claims an unclaimed author, so that the administrator has something to decide. */
async function claim() {
  const context = await visitor(browser);
  await register(context, "白露");
  const done = await context.request.post(`${base}/@${authors[0].handle}/claim`, {
    form: { why: "我是这个库的作者，仓库的提交记录里是同一个邮箱，可以在那里放一个文件来证明。" },
    headers: { origin: base },
  });
  if (!done.ok()) throw new Error(`claim: ${done.status()}`);
  await context.close();
}
if (!only || only.includes("admin-claims")) await claim();

const main = true;
const pages = [
  { name: "home", path: "/", main },
  { name: "articles", path: "/articles", main },
  { name: "questions", path: "/questions", main },
  { name: "projects", path: "/projects", main },
  { name: "tags", path: "/tags" },
  { name: "article-zh", path: longest("zh-Hans").url, main },
  { name: "article-en", path: longest("en").url },
  { name: "project", path: (projects.find((p) => p.title === "tokio") ?? projects[0]).url },
  { name: "question", path: (questions.find((p) => p.answers > 0) ?? questions[0]).url, main },
  { name: "history", path: `/posts/${longest("zh-Hans").id}/history` },
  {
    name: "search",
    path: "/search",
    main,
    async prepare(page) {
      await page.locator("#search-q").pressSequentially("axum 状态");
      await page.locator("#results article").first().waitFor();
      await page.waitForURL(/q=/);
    },
  },
  { name: "search-nothing", path: "/search?q=zzqqxxyy" },
  { name: "ask", path: "/ask" },
  { name: "answered", path: await asked(QUESTION), main },
  { name: "declined", path: await asked(UNKNOWN), main },
  { name: "members", path: "/members" },
  { name: "member", path: "/@lin-wei" },
  { name: "twins", path: "/twins" },
  { name: "twin", path: "/@lin-wei/twin", main },
  { name: "unclaimed", path: authors[0].url ?? `/@${authors[0].handle}` },
  { name: "sign-in", path: "/sign-in" },
  {
    name: "sign-up-error",
    path: "/register",
    async prepare(page) {
      await page.fill("[name=handle]", "no spaces please");
      await page.fill("[name=password]", "short");
      await page.locator("main form .btn.main").click();
      await page.locator(".error").first().waitFor();
    },
  },
  { name: "write", path: "/write?kind=article", as: "member" },
  { name: "drafts", path: "/drafts", as: "member" },
  { name: "bookmarks", path: "/bookmarks", as: "member" },
  { name: "following", path: "/following", as: "member" },
  { name: "settings", path: "/settings", as: "member" },
  { name: "sessions", path: "/settings/sessions", as: "member" },
  { name: "admin-claims", path: "/admin/claims", as: "admin" },
  { name: "admin", path: "/admin", as: "admin" },
  { name: "admin-members", path: "/admin/members", as: "admin" },
  { name: "api", path: "/api" },
  { name: "design", path: "/design" },
  { name: "not-found", path: "/nothing-here" },
].filter((page) => !only || only.includes(page.name));

const locales = { "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", en: "en-US" };
mkdirSync(out, { recursive: true });
const sessions = {};
for (const who of ["member", "admin"]) {
  const context = await visitor(browser);
  if (who === "admin") await signIn(context, administrator);
  else await register(context, "程序员小满");
  sessions[who] = await context.storageState();
  await context.close();
}

let count = 0;
for (const [lang, locale] of Object.entries(locales)) {
  for (const [size, viewport] of Object.entries({ wide: desktop, phone })) {
    for (const colorScheme of ["light", "dark"]) {
      if (lang !== "zh-Hans" && colorScheme === "dark") continue;
      for (const as of [undefined, "member", "admin"]) {
        const wanted = pages.filter((p) => p.as === as && (lang === "zh-Hans" || p.main));
        if (!wanted.length) continue;
        const context = await visitor(browser, { viewport, locale, colorScheme, reducedMotion: "reduce", storageState: sessions[as] });
        const page = await context.newPage();
        for (const { name, path, prepare } of wanted) {
          await page.goto(base + path);
          await prepare?.(page);
          const height = Math.min(await page.evaluate("document.documentElement.scrollHeight"), size === "phone" ? 1900 : 1700);
          const clip = { x: 0, y: 0, width: viewport.width, height: Math.max(height, viewport.height) };
          await page.screenshot({ path: join(out, `${name}.${lang}.${size}.${colorScheme}.png`), fullPage: true, clip, animations: "disabled" });
          count += 1;
        }
        await context.close();
      }
    }
  }
}

/** The pictures of the READMEs: what one sees without scrolling, as WebP, which the browser itself can write. */
async function document(name, path, lang, colorScheme, viewport) {
  const context = await visitor(browser, { viewport, locale: locales[lang], colorScheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(base + path);
  const png = await page.screenshot({ animations: "disabled" });
  await page.goto("about:blank");
  const webp = await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality: 0.86 })).arrayBuffer());
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
  }, png.toString("base64"));
  const bytes = Buffer.from(webp, "base64");
  if (bytes.length > 120_000) throw new Error(`${name} has ${bytes.length} bytes`);
  writeFileSync(join(docs, `${name}.webp`), bytes);
  await context.close();
}
if (process.env.DOCS) {
  mkdirSync(docs, { recursive: true });
  const wide = { width: 1280, height: 800 };
  const english = await asked("Can I hold a Mutex guard across await in tokio?");
  await document("answer-zh", await asked(QUESTION), "zh-Hans", "light", wide);
  await document("answer-en", english, "en", "light", wide);
  await document("questions-zh", "/questions", "zh-Hans", "light", wide);
  await document("questions-en", "/questions", "en", "light", wide);
  await document("twin-zh", "/@lin-wei/twin", "zh-Hans", "dark", wide);
  await document("twin-en", "/@nora-hale/twin", "en", "dark", wide);
  await document("phone-answer-zh", await asked(QUESTION), "zh-Hans", "light", phone);
  await document("phone-answer-en", english, "en", "light", phone);
}
console.log(`${count} pictures in target/shots`);
await first.close();
await browser.close();
