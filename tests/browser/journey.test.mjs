// The journey of a newcomer, on a phone and on a desktop: read, search, ask, follow a citation.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const base = process.env.XINGHE_URL;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(() => browser?.close());

for (const [name, viewport] of [["desktop", { width: 1280, height: 900 }], ["phone", { width: 390, height: 844 }]]) {
  test(`a newcomer reads, searches, asks and follows a citation (${name})`, async () => {
    const context = await browser.newContext({ viewport, locale: "en-US", javaScriptEnabled: name === "desktop", bypassCSP: true });
    const page = await context.newPage();
    await page.goto(`${base}/?lang=en`);
    assert.ok((await page.locator("main article, main .row").count()) > 3, "the community is not empty");
    const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth").catch(() => 0);
    assert.ok(wide <= 0, `the page scrolls sideways by ${wide}px`);

    await page.goto(`${base}/search?q=axum+state&lang=`);
    await page.locator("#results article a").first().waitFor();

    const answer = await context.request.post(`${base}/api/v1/ask`, { data: { question: "SQLite 开了 WAL，写事务为什么还会 BUSY？" } });
    assert.equal(answer.status(), 200);
    const given = await answer.json();
    assert.equal(given.abstained, false, JSON.stringify(given.reason));
    for (const sentence of given.sentences) assert.ok(sentence.citations.length > 0, sentence.text);
    const cited = given.citations[0];
    const post = await context.request.get(`${base}/api/v1/posts/${cited.post.id}`);
    assert.equal(post.status(), 200);
    const { body } = await post.json();
    const source = [...body].slice(cited.start, cited.end).join("");
    assert.ok(source.length > 0, "a citation resolves to words of its post");
    await page.goto(new URL(cited.url, base).href);
    assert.ok((await page.title()).length > 0);

    const refused = await context.request.post(`${base}/api/v1/ask`, { data: { question: "梅西在2022年世界杯决赛进了几个球？" } });
    assert.equal((await refused.json()).abstained, true, "what nobody here wrote about is declined");
    await context.close();
  });
}

test("a member signs up, and axe finds nothing serious on the main pages", async () => {
  const context = await browser.newContext({ locale: "zh-CN", bypassCSP: true });
  const page = await context.newPage();
  await page.goto(`${base}/register`);
  await page.fill("[name=handle]", `tester${Date.now() % 1e8}`);
  await page.fill("[name=password]", "a long enough secret 42");
  await page.locator("main form button[type=submit], main form button:not([type])").first().click();
  await page.waitForLoadState();
  assert.ok(!new URL(page.url()).pathname.startsWith("/register"), `still at ${page.url()}`);
  for (const path of ["/", "/articles", "/questions", "/projects", "/search?q=tokio", "/ask", "/twins"]) {
    await page.goto(base + path);
    await page.evaluate(axe);
    const found = await page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa'] })");
    const serious = found.violations.filter((v) => ["serious", "critical"].includes(v.impact));
    assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes[0].html}`), [], path);
  }
  await context.close();
});
