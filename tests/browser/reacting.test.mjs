// Voting, thanking, bookmarking and following: with plain forms, and without leaving the page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, faults, launch, phone, places, register, visitor } from "./community.mjs";

let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

/** An English-speaking member on a page of an article with answers below it. */
async function reader(options) {
  const context = await visitor(browser, { locale: "en-US", ...options });
  await register(context, "Reader");
  const { questions } = await places(context);
  const page = await context.newPage();
  await page.goto(base + (questions.find((q) => q.answers > 0) ?? questions[0]).url);
  return { context, page };
}

const tool = (page, name) => page.locator(`.reactions [data-tool="${name}"]`).first();

test("without script a button leads back to its place", async () => {
  // Pages fade into one another; what is pressed while they do is pressed on neither.
  const { context, page } = await reader({ javaScriptEnabled: false, reducedMotion: "reduce" });
  const path = new URL(page.url()).pathname;
  // Each press loads the page anew: what stands on the old one is not to be pressed while it goes.
  const press = (name) => Promise.all([page.waitForEvent("load"), tool(page, name).click()]);
  await press("up");
  assert.equal(new URL(page.url()).pathname, path);
  assert.match(new URL(page.url()).hash, /^#post-\d+$/);
  assert.equal(await tool(page, "up").getAttribute("aria-pressed"), "true");
  await press("keep");
  await page.locator(".reactions a[href^='/bookmarks/']").click();
  await page.fill("[name=note]", "for later");
  await page.locator("main form .btn.main").click();
  assert.equal(new URL(page.url()).pathname, "/bookmarks");
  assert.match(await page.locator("main article").first().innerText(), /for later/);
  await context.close();
});

test("with script the page stays, and so does the focus", async () => {
  const { context, page } = await reader({});
  await page.waitForLoadState("load");
  await page.evaluate("window.stayed = true");
  for (const name of ["up", "keep", "follow"]) {
    await tool(page, name).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction((n) => document.querySelector(`.reactions [data-tool=${n}]`)?.ariaPressed === "true", name);
    assert.equal(await page.evaluate("document.activeElement?.dataset.tool"), name);
  }
  await tool(page, "up").click();
  await page.waitForFunction(() => document.querySelector(".reactions [data-tool=up]")?.ariaPressed === "false");
  assert.equal(await page.evaluate("window.stayed"), true, "no page was loaded");
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`buttons are large enough for a thumb, and read by everybody (${colorScheme})`, async () => {
    const { context, page } = await reader({ viewport: phone, hasTouch: true, isMobile: true, colorScheme });
    await tool(page, "keep").tap();
    await page.waitForFunction(() => document.querySelector(".reactions [data-tool=keep]")?.ariaPressed === "true");
    const sizes = await page.locator("button.tool, a.tool").evaluateAll((all) => all.map((b) => b.getBoundingClientRect()).map((r) => [r.width, r.height]));
    assert.ok(sizes.length > 3 && sizes.every(([w, h]) => w >= 44 && h >= 44), JSON.stringify(sizes));
    for (const path of [new URL(page.url()).pathname, "/bookmarks", "/following"]) {
      await page.goto(base + path);
      const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      assert.ok(wide <= 0, `${path} scrolls sideways by ${wide}px`);
      assert.deepEqual(await faults(page), [], path);
    }
    await context.close();
  });
}
