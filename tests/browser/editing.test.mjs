// The editor: by keyboard alone, with its tools, completion, paste and preview, under the policy that forbids foreign
// scripts and styles; and plain without script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, faults, launch, phone, register, visitor } from "./community.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const text = (page) => page.locator("textarea[name=body]").inputValue();
const fresh = async (page) => {
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.press("Delete");
};
const paste = (page, kinds) =>
  page.locator(".cm-content").evaluate((element, data) => {
    const clipboardData = new DataTransfer();
    for (const [kind, value] of Object.entries(data)) clipboardData.setData(kind, value);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, kinds);

test("tools and shortcuts write Markdown, and Tab never holds the keyboard", async () => {
  const context = await visitor(browser, { bypassCSP: false });
  await register(context);
  const page = await context.newPage();
  const refused = [];
  page.on("console", (message) => /Content Security Policy|Refused to/.test(message.text()) && refused.push(message.text()));
  await page.goto(`${base}/write?kind=article`);
  await page.locator("xh-editor.on .cm-content").waitFor();
  await fresh(page);
  await page.keyboard.type("word");
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press("ControlOrMeta+b");
  assert.equal(await text(page), "**word**");
  await page.keyboard.press("ControlOrMeta+i");
  assert.equal(await text(page), "***word***");
  await page.keyboard.press("ControlOrMeta+i");
  await page.keyboard.press("ControlOrMeta+b");
  assert.equal(await text(page), "word");
  for (const [tool, want] of [["bullets", "- word"], ["numbers", "1. word"], ["numbers", "word"], ["quote", "> word"], ["quote", "word"], ["heading", "## word"], ["heading", "### word"], ["heading", "#### word"], ["heading", "word"], ["code", "`word`"], ["code", "word"], ["link", "[word](https://)"]]) {
    await page.locator(`[data-tool=${tool}]`).click();
    assert.equal(await text(page), want, tool);
  }
  await fresh(page);
  await page.locator("[data-tool=table]").click();
  assert.match(await text(page), /^\| 列 1 \| 列 2 \|\n\| --- \| --- \|/);
  await fresh(page);
  await page.keyboard.type("- one");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("two");
  assert.equal(await text(page), "- one\n  - two", "a list goes on, and Tab moves in");

  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => Boolean(document.activeElement.closest(".cm-editor"))), false, "Escape, then Tab leaves");
  await page.locator(".cm-content").click();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await page.evaluate(() => Boolean(document.activeElement.closest(".cm-editor"))), false, "backwards, too");
  // The toolbar is one stop; arrows go along it.
  await page.locator("[data-tool=bold]").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.tool), "italic");
  await page.keyboard.press("End");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "表格");
  const label = await page.locator(".cm-content").getAttribute("aria-describedby");
  assert.match(await page.locator(`#${label.split(" ")[0]}`).innerText(), /Esc/);
  assert.deepEqual(refused, [], "nothing is against the policy");
  await context.close();
});

test("members, tags and posts are completed; rich text and addresses become Markdown; the preview follows", async () => {
  const context = await visitor(browser);
  await register(context, "补全测试员");
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=article`);
  await page.locator("xh-editor.on .cm-content").waitFor();
  const choose = async (typed, has) => {
    await fresh(page);
    await page.keyboard.type(typed, { delay: 20 });
    await page.locator(".cm-tooltip-autocomplete li", { hasText: has }).first().waitFor();
    // What has just come up is not taken by a key that was meant for the text.
    await page.waitForFunction(() => document.querySelector(".cm-tooltip-autocomplete li[aria-selected=true]"));
    await page.locator(".cm-tooltip-autocomplete li", { hasText: has }).first().click();
    return text(page);
  };
  assert.equal(await choose("问 @lin-w", "lin-wei"), "问 @lin-wei ");
  assert.match(await choose("说 #rust", "rust"), /^说 \[#rust\]\(\/tags\/rust\) $/);
  assert.match(await choose("见 [[SQLite", "SQLite"), /^见 \[.*SQLite.*\]\(\/posts\/\d+-[^)]*\)$/i);

  await fresh(page);
  await paste(page, { "text/html": '<h2>甲</h2><p>一 <b>二</b> <a href="https://a.example/x">三</a></p><ul><li>四<ol><li>五</li></ol></li></ul><table><tr><th>六</th></tr><tr><td>七|八</td></tr></table><pre><code class="language-rust">fn f() {}\n</code></pre><script>alert(1)</script>', "text/plain": "x" });
  assert.equal(await text(page), "## 甲\n\n一 **二** [三](https://a.example/x)\n\n- 四\n  1. 五\n\n| 六 |\n| --- |\n| 七\\|八 |\n\n```rust\nfn f() {}\n```");
  await fresh(page);
  await page.keyboard.type("星河");
  await page.keyboard.press("Shift+Home");
  await paste(page, { "text/plain": "https://example.org/a_(b)" });
  assert.equal(await text(page), "[星河](https://example.org/a_%28b%29)");

  await fresh(page);
  await page.keyboard.type("五个汉字呀 and three words");
  assert.match(await page.locator("xh-editor .foot").innerText(), /8 字 · 约 1 分钟/);
  await page.locator("[data-show=both]").click();
  await page.keyboard.press("End");
  await page.keyboard.type(" **重点**");
  await page.locator("xh-editor .preview strong", { hasText: "重点" }).waitFor();
  await page.reload();
  await page.locator("xh-editor[data-view=both] .preview strong", { hasText: "重点" }).waitFor();
  await page.locator("[data-show=write]").click();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await faults(page), []);
  }
  await context.close();
});

test("on a phone the editor fits, and without script there is a plain field", async () => {
  const context = await visitor(browser, { viewport: phone });
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=question`);
  await page.locator("xh-editor.on .cm-content").waitFor();
  assert.equal(await page.locator("[data-show=both]").isVisible(), false);
  assert.ok((await page.evaluate("document.documentElement.scrollWidth")) <= phone.width, "nothing is wider than the phone");
  await page.locator("[data-show=preview]").click();
  await page.locator("xh-editor .preview").waitFor();
  const plain = await visitor(browser, { viewport: phone, javaScriptEnabled: false, storageState: await context.storageState() });
  const bare = await plain.newPage();
  await bare.goto(`${base}/write?kind=question`);
  await bare.fill("[name=title]", "没有脚本也能写");
  await bare.fill("[name=body]", "正文");
  await bare.locator(".composer .btn.main").click();
  await bare.waitForURL(/\/posts\/\d+-/);
  await plain.close();
  await context.close();
});

test("who asks again is shown what was asked before", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/questions`);
  const asked = (await page.locator(".row.qa h2 a").first().innerText()).trim();
  await page.goto(`${base}/write?kind=question`);
  await page.locator("[name=title]").pressSequentially(asked, { delay: 5 });
  const found = page.locator(".similar a").first();
  await found.waitFor();
  assert.equal(await found.innerText(), asked);
  await page.fill("[name=title]", "zzqq xxyy wwvv");
  await page.locator(".similar").waitFor({ state: "hidden" });
  await context.close();
});
