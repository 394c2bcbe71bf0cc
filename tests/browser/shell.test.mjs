// What is around every page: language, theme, keyboard, the phone's width, and what axe finds.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { administrator, base, faults, launch, phone, places, register, signIn, visitor } from "./community.mjs";

let browser;
let kinds;
before(async () => {
  browser = await launch();
  const context = await visitor(browser);
  const { longest, questions, projects, authors } = await places(context);
  const given = await context.request.post(`${base}/api/v1/ask`, { data: { question: "SQLite 开了 WAL，写事务为什么还会 BUSY？" } });
  const { id, rating_key: key } = await given.json();
  kinds = {
    stranger: [
      "/", "/articles", "/questions", "/projects", "/tags", "/search?q=tokio", "/search?q=zzqqxxyy", "/ask", "/members", "/twins", "/@lin-wei",
      "/@lin-wei/twin", "/sign-in", "/register", "/api", "/design", "/nothing-here", `/@${authors[0].handle}`, longest("zh-Hans").url,
      longest("en").url, projects[0].url, questions.find((q) => q.answers > 0).url, `/posts/${projects[0].id}/history`, `/answers?id=${id}&key=${key}`,
    ],
    member: ["/write?kind=project", "/settings", "/settings/account", "/settings/sessions"],
    administrator: ["/admin", "/admin/members", "/admin/claims"],
  };
  await context.close();
});
after(() => browser?.close());

/** Every kind of page, with a page of somebody who may see it. */
async function everywhere(options, look) {
  for (const [who, paths] of Object.entries(kinds)) {
    const context = await visitor(browser, options);
    if (who === "member") await register(context);
    if (who === "administrator") await signIn(context, administrator);
    const page = await context.newPage();
    for (const path of paths) {
      await page.goto(base + path);
      await look(page, path);
    }
    await context.close();
  }
}

test("nothing sticks out of its column, in the language with the longest words", async () => {
  const wide = [];
  await everywhere({ locale: "en-US" }, async (page, path) => {
    const out = await page.evaluate(() =>
      [...document.querySelectorAll("main, .aside, .bar > div")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.className || e.id),
    );
    if (out.length) wide.push(`${path}: ${out}`);
  });
  assert.deepEqual(wide, []);
});

test("no page scrolls sideways on a phone", async () => {
  const wide = [];
  await everywhere({ viewport: phone }, async (page, path) => {
    const by = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    if (by > 0) wide.push(`${path}: ${by}px`);
  });
  assert.deepEqual(wide, []);
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing serious on any kind of page (${colorScheme})`, async () => {
    const found = [];
    // Only colours differ in the dark.
    const rules = colorScheme === "light" ? ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] : ["color-contrast"];
    await everywhere({ colorScheme, reducedMotion: "reduce" }, async (page, path) => {
      found.push(...(await faults(page, { rules, impact: ["serious", "critical"] })).map((fault) => `${path} ${fault}`));
    });
    assert.deepEqual(found, []);
  });
}

test("language and theme are switched in the footer and stay", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${base}/questions`);
  const root = page.locator("html");
  assert.equal(await root.getAttribute("lang"), "zh-Hans");
  await page.locator(".foot [name=lang][value=zh-Hant]").click();
  await page.locator("html[lang=zh-Hant]").waitFor({ state: "attached" });
  await page.locator(".foot [name=lang][value=en]").click();
  await page.locator("html[lang=en]").waitFor({ state: "attached" });
  assert.equal(new URL(page.url()).pathname, "/questions", "one stays where one was");
  await page.locator(".foot [name=theme][value=dark]").click();
  await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  const dark = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  const night = await dark();
  await page.goto(`${base}/articles`);
  assert.equal(await dark(), night);
  assert.equal(await root.getAttribute("lang"), "en");
  await page.locator(".foot [name=theme][value=light]").click();
  await page.locator("html[data-theme=light]").waitFor({ state: "attached" });
  assert.notEqual(await dark(), night);
  await context.close();
});

test("keyboard: search, write, along a list, help, and past the header", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  const focused = (what) => page.waitForFunction((s) => document.activeElement?.matches(s), what);
  await page.goto(base);
  await page.keyboard.press("/");
  await focused(".find input");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await focused(".row.here h2 a");
  assert.equal(await page.locator(".row").first().getAttribute("class").then((c) => c.includes("here")), true);
  await page.keyboard.press("?");
  await page.locator("dialog#keys[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog#keys:not([open])").waitFor({ state: "attached" });
  await page.keyboard.press("c");
  await page.waitForURL(/\/write/);

  await page.goto(base);
  await page.keyboard.press("Tab");
  await focused(".skip");
  await page.waitForFunction(() => document.querySelector(".skip").getBoundingClientRect().top >= 0);
  await page.keyboard.press("Enter");
  await focused("#main");
  await context.close();
});

test("pages are light: a post at most 30 KB, home at most 60 KB, styles and scripts included", async () => {
  const context = await visitor(browser);
  const weigh = async (path) => {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    let bytes = 0;
    const kinds = new Map();
    session.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (["Document", "Stylesheet", "Script"].includes(kinds.get(requestId))) bytes += encodedDataLength;
    });
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    await page.goto(base + path, { waitUntil: "networkidle" });
    await page.close();
    return bytes;
  };
  const post = await weigh(kinds.stranger.find((p) => p.startsWith("/posts/")));
  const home = await weigh("/");
  assert.ok(post <= 30_000, `a post weighs ${post} bytes`);
  assert.ok(home <= 60_000, `home weighs ${home} bytes`);
  await context.close();
});
