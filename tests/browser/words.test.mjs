// Words of any length: no page scrolls sideways. Drafts: they are their member's, and outlive a session that has ended.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, compose, desktop, launch, phone, register, signIn, visitor } from "./community.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("one long word widens no page", async () => {
  const context = await visitor(browser);
  const handle = await register(context, "N".repeat(50));
  const write = async (kind, title) => {
    const form = { kind, title, body: `${"B".repeat(300)}\n\n## ${"H".repeat(120)}`, tags: "t".repeat(30) };
    const made = await context.request.post(`${base}/write`, { form, headers: { origin: base }, maxRedirects: 0 });
    assert.equal(made.status(), 303, await made.text());
    return made.headers().location;
  };
  const article = await write("article", "W".repeat(180));
  const question = await write("question", "Q".repeat(180));
  const page = await context.newPage();
  for (const viewport of [phone, desktop]) {
    await page.setViewportSize(viewport);
    for (const path of ["/", "/articles", "/questions", "/twins", "/members", `/tags/${"t".repeat(30)}`, `/@${handle}`, article, question]) {
      await page.goto(base + path.replace(base, ""));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= viewport.width, `${path} is ${width} wide at ${viewport.width}`);
    }
  }
  await context.close();
});

test("a draft is its member's, and is there again after signing in anew", async () => {
  const context = await visitor(browser);
  const handle = await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=question`);
  await page.fill("[name=title]", "What only I may read");
  await compose(page, "And this, too.");
  await page.locator(".draft", { hasText: "草稿已保存" }).waitFor();
  const draft = page.url();
  // The session ends elsewhere.
  await context.clearCookies();
  await page.locator("form[data-draft] .btn.main").click();
  await page.waitForURL(/\/sign-in\?next=\/write/);
  const other = await context.request.post(`${base}/register`, {
    form: { handle: `${handle}b`, name: "", password: "a long enough secret 42", next: "/" },
    headers: { origin: base },
    maxRedirects: 0,
  });
  assert.equal(other.status(), 303);
  assert.equal((await page.goto(draft)).status(), 404, "another member does not get it");
  await context.clearCookies();
  await signIn(context, { handle, password: "a long enough secret 42" });
  await page.goto(`${base}/drafts`);
  await page.locator(".row h2 a").click();
  assert.equal(await page.inputValue("[name=title]"), "What only I may read");
  await page.locator("details.menu summary").click();
  const wrong = [];
  const window = await context.newPage();
  for (const each of [page, window]) each.on("console", (line) => line.type() === "error" && wrong.push(line.text()));
  await window.goto(`${base}/`);
  await page.locator("form[action='/sign-out'] button").click();
  await page.waitForURL(`${base}/`);
  await window.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await window.evaluate(() => fetch("/api/v1/search/status").then((answer) => answer.text()));
  assert.deepEqual(wrong, [], "no window asks for what is only for members");
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("draft"))), []);
  await context.close();
});
