// Writing: a draft survives a reload, the preview shows what readers will see, a post is changed, compared and deleted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, compose, launch, register, visitor } from "./community.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("a post from draft to deletion, and back", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=article`);
  await page.fill("[name=title]", "从草稿到撤销");
  await compose(page, "第一句话。\n\n第二句话有**重点**和`代码`。");
  await page.locator(".draft", { hasText: "草稿已保存" }).waitFor();
  await page.waitForURL(/\/write\?draft=\d+$/);
  await page.reload();
  assert.equal(await page.inputValue("[name=title]"), "从草稿到撤销", "the draft came back");

  await page.locator("[data-show=preview]").click();
  await page.locator(".preview strong", { hasText: "重点" }).waitFor();
  await page.locator("[data-show=write]").click();

  await page.locator("form[data-draft] .btn.main").click();
  await page.waitForURL(/\/posts\/\d+-/);
  const address = page.url();
  assert.equal(await page.locator("main .prose code").innerText(), "代码");

  await page.locator(".post-head a[href$='/edit']").click();
  await compose(page, "第一句话。\n\n第二句话改过了。");
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

test("a draft goes on on another device, is not overwritten unasked, and survives a lost connection", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=question`);
  await page.fill("[name=title]", "在电车上写的");
  await page.locator(".draft", { hasText: "草稿已保存" }).waitFor();
  const address = page.url();

  const other = await visitor(browser, { storageState: await context.storageState() });
  const desk = await other.newPage();
  await desk.goto(`${base}/drafts`);
  await desk.locator(".row h2 a", { hasText: "在电车上写的" }).click();
  assert.equal(desk.url(), address);
  assert.match(await desk.locator("h1").innerText(), /问题/, "its kind came along");
  await desk.fill("[name=title]", "在书桌前改的");
  await desk.locator(".draft", { hasText: /草稿已保存 \d/ }).waitFor();

  await page.fill("[name=title]", "又在电车上改的");
  const clash = page.locator(".clash[role=alert]");
  await clash.waitFor();
  await clash.locator("button").nth(1).click();
  await page.locator(".draft", { hasText: /草稿已保存 \d/ }).waitFor();
  await desk.reload();
  assert.equal(await desk.inputValue("[name=title]"), "又在电车上改的", "what its writer chose");

  await context.setOffline(true);
  await page.fill("[name=title]", "进了隧道");
  await page.locator(".draft", { hasText: "没有连接" }).waitFor();
  await context.setOffline(false);
  await page.locator(".draft", { hasText: /草稿已保存 \d/ }).waitFor();
  await desk.reload();
  assert.equal(await desk.inputValue("[name=title]"), "进了隧道");

  await desk.goto(`${base}/drafts`);
  await desk.locator("form[action$='/delete'] button").click();
  await desk.locator(".empty").waitFor();
  await desk.locator("form.notice button").click();
  await desk.locator(".row h2 a", { hasText: "进了隧道" }).waitFor();
  await other.close();
  await context.close();
});

test("without script a draft is saved by a button and scheduled in UTC; with it, in the zone of the browser", async () => {
  const context = await visitor(browser, { javaScriptEnabled: false, reducedMotion: "reduce" });
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=article`);
  await page.fill("[name=title]", "定时的文章");
  await page.fill("[name=body]", "到时间再看。");
  await page.locator("button[value=save]").click();
  await page.waitForURL(/draft=\d+&saved=1/);
  await page.locator("details.later summary").click();
  assert.match(await page.locator("[data-zone]").innerText(), /UTC/);
  const year = new Date().getFullYear() + 1;
  await page.fill("[name=publish_at]", `${year}-03-01T09:30`);
  await page.locator("button[value=schedule]").click();
  await page.waitForURL(/\/drafts/);
  assert.equal(await page.locator("time[data-local]").getAttribute("datetime"), `${year}-03-01T09:30:00Z`);

  const here = await visitor(browser, { storageState: await context.storageState(), timezoneId: "Asia/Shanghai", reducedMotion: "reduce" });
  const own = await here.newPage();
  await own.goto(`${base}/drafts`);
  assert.match(await own.locator("time[data-local]").innerText(), /17:30/, "in the reader's own time");
  await own.locator("form[action$='/unschedule'] button").click();
  await own.locator(".row h2 a").click();
  await own.locator("details.later summary").click();
  assert.match(await own.locator("[data-zone]").innerText(), /时区/);
  await own.fill("[name=publish_at]", `${year}-03-01T09:30`);
  await own.locator("button[value=schedule]").click();
  await own.waitForURL(/\/drafts/);
  assert.equal(await own.locator("time[data-local]").getAttribute("datetime"), `${year}-03-01T01:30:00Z`);
  await here.close();
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
  assert.equal(await page.locator("xh-editor.on .cm-content").getAttribute("aria-invalid"), "true");
  await context.close();
});
