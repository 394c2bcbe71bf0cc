// Asking: the answer streams in, a citation opens its sentence, what nobody wrote about is declined and can be passed on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, launch, register, visitor } from "./community.mjs";

const ANSWERABLE = "SQLite 开了 WAL，写事务为什么还会 BUSY？";
// Not the one of the other journeys: once it is posted, somebody here has written about it.
const UNKNOWN = "谁在1998年获得了诺贝尔文学奖？";
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

async function ask(page, question) {
  await page.fill("xh-ask input[name=q]", question);
  await page.press("xh-ask input[name=q]", "Enter");
  await page.locator("xh-ask .answer:not([aria-busy]) .answer-acts").waitFor();
}

test("sentences arrive one by one, and a citation opens the exact sentence, marked", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.addInitScript(() => {
    // What was on the page before the whole answer took the stream's place.
    globalThis.seen = { busy: 0, sentences: 0 };
    new MutationObserver(() => {
      const answer = document.querySelector(".answer[aria-busy]");
      if (!answer) return;
      seen.busy += 1;
      seen.sentences = Math.max(seen.sentences, answer.querySelectorAll(".sentence").length);
    }).observe(document, { childList: true, subtree: true, attributes: true });
  });
  await page.goto(`${base}/ask`);
  await ask(page, ANSWERABLE);
  const seen = await page.evaluate("seen");
  assert.ok(seen.busy > 0 && seen.sentences > 0, `nothing streamed: ${JSON.stringify(seen)}`);
  assert.match(page.url(), /\/answers\?id=/, "the answer has an address of its own");
  assert.ok((await page.locator(".answer .prose .cite").count()) > 0, "sentences cite");

  const source = page.locator(".src q a").first();
  const quote = (await source.innerText()).replaceAll(/\s+/g, " ").trim();
  await source.click();
  await page.waitForURL(/\/posts\//);
  await page.waitForFunction(() => CSS.highlights.get("cited")?.size === 1);
  const marked = await page.evaluate(() => {
    const [range] = CSS.highlights.get("cited");
    const box = range.getBoundingClientRect();
    return { text: range.toString(), inView: box.top >= 0 && box.bottom <= innerHeight };
  });
  assert.equal(marked.text.replaceAll(/\s+/g, " ").trim(), quote);
  assert.ok(marked.inView, "the sentence is in view");
  await context.close();
});

test("one goes on asking, and what was said before stays", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${base}/ask`);
  await ask(page, ANSWERABLE);
  const first = page.url();
  await page.fill("xh-ask input[name=q]", "那怎么避免？");
  await page.press("xh-ask input[name=q]", "Enter");
  await page.locator(".turns").waitFor();
  assert.equal(await page.locator("main h1").innerText(), "那怎么避免？");
  assert.equal(await page.locator(".turns .asked").innerText(), ANSWERABLE);
  assert.equal(await page.evaluate("document.activeElement?.name"), "q", "one can type on");
  assert.notEqual(page.url(), first);
  await page.reload();
  assert.equal(await page.locator(".turns li").count(), 1, "the address holds all of it");
  await page.locator("xh-ask > p a[href='/ask']").click();
  assert.equal(await page.locator(".turns").count(), 0, "a new question begins anew");
  await context.close();
});

test("a declined question becomes a post with one click", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/ask`);
  await ask(page, UNKNOWN);
  assert.equal(await page.locator(".answer .prose .cite").count(), 0, "a refusal cites nothing");
  await page.locator(".answer-acts form[action='/write'] button").click();
  await page.waitForURL(/\/posts\/\d+-/);
  assert.equal(await page.locator("main h1").innerText(), UNKNOWN);
  assert.ok((await page.locator("main .prose").first().innerText()).includes(UNKNOWN));
  await context.close();
});

test("a box beside a post asks on the page of asking, at once", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(base);
  await page.fill(".aside .askbox input[name=q]", ANSWERABLE);
  await page.press(".aside .askbox input[name=q]", "Enter");
  await page.waitForURL(/\/answers\?id=/);
  await page.locator(".answer .src").first().waitFor();
  await context.close();
});

test("results arrive while one types, and the address follows", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${base}/search`);
  await page.locator("#search-q").pressSequentially("axum");
  await page.locator("#results article").first().waitFor();
  await page.waitForURL(/[?&]q=axum/);
  const before = await page.locator("#results article h2").first().innerText();
  await page.fill("#search-q", "SQLite WAL");
  await page.waitForURL(/[?&]q=SQLite/);
  assert.notEqual(await page.locator("#results article h2").first().innerText(), before);
  await page.reload();
  assert.equal(await page.inputValue("#search-q"), "SQLite WAL");
  await context.close();
});
