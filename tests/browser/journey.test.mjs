// The journey of a newcomer, on a phone and on a desktop: read, search, ask, follow a citation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, desktop, launch, phone, visitor } from "./community.mjs";

let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

for (const [name, viewport] of Object.entries({ desktop, phone })) {
  test(`a newcomer reads, searches, asks and follows a citation (${name})`, async () => {
    const context = await visitor(browser, { viewport, locale: "en-US", javaScriptEnabled: name === "desktop" });
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

test("a newcomer becomes a member", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${base}/register`);
  await page.fill("[name=handle]", `tester${process.pid}`);
  await page.fill("[name=password]", "a long enough secret 42");
  await page.locator("main form .btn.main").click();
  await page.locator(".bar .me details.menu").waitFor();
  assert.ok(!new URL(page.url()).pathname.startsWith("/register"), `still at ${page.url()}`);
  await context.close();
});
