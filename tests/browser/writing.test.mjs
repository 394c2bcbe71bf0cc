// Writing: a draft survives a reload, the preview shows what readers will see, a post is changed, compared and deleted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, launch, register, visitor } from "./community.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("a post from draft to deletion, and back", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=article`);
  await page.fill("[name=title]", "从草稿到撤销");
  await page.fill("[name=body]", "第一句话。\n\n第二句话有**重点**和`代码`。");
  await page.locator(".draft:not(:empty)").waitFor();
  await page.reload();
  assert.equal(await page.inputValue("[name=title]"), "从草稿到撤销", "the draft came back");
  await page.locator(".toast").waitFor();

  await page.locator("[role=tab]").nth(1).click();
  await page.locator(".preview strong", { hasText: "重点" }).waitFor();
  assert.equal(await page.locator("[role=tab]").nth(1).getAttribute("aria-selected"), "true");
  await page.locator("[role=tab]").nth(0).click();

  await page.locator("form[data-draft] .btn.main").click();
  await page.waitForURL(/\/posts\/\d+-/);
  const address = page.url();
  assert.equal(await page.locator("main .prose code").innerText(), "代码");

  await page.locator(".post-head a[href$='/edit']").click();
  await page.fill("[name=body]", "第一句话。\n\n第二句话改过了。");
  await page.fill("[name=note]", "改了第二句");
  await page.locator("form[data-draft] .btn.main").click();
  await page.waitForURL(address);
  await page.locator(".post-head a[href$='/history']").click();
  const revisions = page.locator(".row h2 a");
  assert.equal(await revisions.count(), 2);
  await revisions.first().click();
  await page.locator(".diff ins", { hasText: "改过了" }).waitFor();
  await page.locator(".diff del", { hasText: "重点" }).waitFor();

  await page.goto(address);
  await page.locator(".post-head form[action$='/delete'] button").click();
  await page.locator(".problem form[action$='/restore'] button").click();
  await page.waitForURL(address);
  assert.equal(await page.locator("main h1").innerText(), "从草稿到撤销");
  await page.goto(`${base}/write?kind=article`);
  assert.equal(await page.inputValue("[name=title]"), "", "what was sent is no draft any more");
  await context.close();
});

test("a form sent back keeps what was typed and says what is wrong beside the field", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=question`);
  await page.fill("[name=title]", "只有标题的问题");
  await page.locator("form[data-draft] .btn.main").click();
  await page.locator("#error-body").waitFor();
  assert.equal(await page.inputValue("[name=title]"), "只有标题的问题");
  assert.equal(await page.locator("[name=body]").getAttribute("aria-invalid"), "true");
  await context.close();
});
