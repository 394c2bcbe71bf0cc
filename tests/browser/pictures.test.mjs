// Pictures: pasted and chosen in the editor, seen in the preview and on the post, asked for in words; at other hosts; and by a
// plain form.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, desktop, faults, launch, phone, register, visitor } from "./community.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const text = (page) => page.locator("textarea[name=body]").inputValue();

/** A drawn picture as a PNG, in base64. */
const drawn = (page, width, height) =>
  page.evaluate(
    ([width, height]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#245";
      pen.fillRect(0, 0, width, height);
      pen.fillStyle = "#fd8";
      for (let i = 0; i < 60; i++) pen.fillRect((i * 97) % width, (i * 61) % height, 6, 6);
      return canvas.toDataURL("image/png").split(",")[1];
    },
    [width, height],
  );

const paste = (page, base64, name) =>
  page.locator(".cm-content").evaluate(
    (element, [base64, name]) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], name, { type: "image/png" }));
      element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    },
    [base64, name],
  );

async function clean(page) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await faults(page), []);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

const shot = (page, name) => process.env.SHOTS && page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });

for (const [size, viewport] of [["desktop", desktop], ["phone", phone]]) {
  test(`a picture is pasted, described, previewed and published (${size})`, async () => {
    const context = await visitor(browser, { viewport });
    await register(context);
    const page = await context.newPage();
    await page.goto(`${base}/write?kind=article`);
    await page.locator("xh-editor.on .cm-content").waitFor();
    await page.fill("[name=title]", `夜空 ${size}`);
    await page.locator(".cm-content").click();
    await page.keyboard.type("看这张图：");
    await paste(page, await drawn(page, 1200, 675), "night.png");
    await page.locator("xh-editor .asking input").waitFor();
    assert.match(await text(page), /^看这张图：\n\n!\[\]\(\/pictures\/[0-9a-f]{20}-1200x675\.(webp|jpg)\)\n$/);
    await page.locator("xh-editor .asking .hint").waitFor();
    await clean(page);
    await shot(page, `asking-${size}`);
    await page.locator("xh-editor .asking input").fill("夜空里的 [星]");
    await page.locator("xh-editor .asking .hint").waitFor({ state: "hidden" });
    assert.match(await text(page), /!\[夜空里的 \\\[星\\\]\]\(\/pictures\//);
    await page.keyboard.press("Enter");
    await page.locator("xh-editor .asking").waitFor({ state: "detached" });

    await page.locator("[data-show=preview]").click();
    const loaded = (image) => image.evaluate((img) => img.decode().then(() => [img.naturalWidth, img.getAttribute("width"), img.alt]));
    const preview = page.locator("xh-editor .preview img");
    await preview.waitFor();
    assert.deepEqual(await loaded(preview), [1200, "1200", "夜空里的 [星]"]);
    await shot(page, `preview-${size}`);

    // What is no picture is refused in words, and leaves nothing in the text.
    await page.locator("[data-show=write]").click();
    const before = await text(page);
    await paste(page, Buffer.from("<svg onload=alert(1)>").toString("base64"), "evil.png");
    await page.locator("xh-editor .uploads [role=alert]", { hasText: "不是能显示的图片" }).waitFor();
    assert.equal((await text(page)).trim(), before.trim());
    await page.locator("xh-editor .uploads button").click();

    await page.locator(".composer .btn.main").click();
    await page.waitForURL(/\/posts\/\d+/);
    const image = page.locator(".prose img");
    await image.scrollIntoViewIfNeeded();
    assert.deepEqual(await loaded(image), [1200, "1200", "夜空里的 [星]"]);
    const box = await image.boundingBox();
    assert.ok(box.width <= viewport.width && Math.abs(box.width / box.height - 1200 / 675) < 0.02, JSON.stringify(box));
    assert.match(await page.locator('meta[property="og:image"]').getAttribute("content"), /^http.*\/pictures\/.*-1200x675\./);
    assert.ok((await page.evaluate("document.documentElement.scrollWidth")) <= viewport.width);
    await clean(page);
    await shot(page, `post-${size}`);

    await page.goto(`${base}/settings/pictures`);
    await page.locator(".pictures .badge.good").waitFor();
    assert.ok((await page.evaluate("document.documentElement.scrollWidth")) <= viewport.width);
    await clean(page);
    await shot(page, `own-${size}`);
    await context.close();
  });
}

test("pictures are chosen with the button and dropped, and a form waits for them", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/write?kind=article`);
  await page.locator("xh-editor.on .cm-content").waitFor();
  await page.fill("[name=title]", "选的图");
  const file = async (name, width) => ({ name, mimeType: "image/png", buffer: Buffer.from(await drawn(page, width, 30), "base64") });
  // The picture stays on its way until it is let go on.
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await page.route("**/api/v1/pictures", async (route) => (await held, await route.continue()));
  const chooser = page.waitForEvent("filechooser");
  await page.locator("[data-tool=picture]").click();
  await (await chooser).setFiles([await file("a.png", 40), await file("b.png", 41)]);
  await page.locator("xh-editor .uploads progress").nth(1).waitFor();
  await page.locator(".composer .btn.main").click();
  await page.getByText("还有图片正在上传").waitFor();
  letGo();
  await page.locator("xh-editor .asking button").nth(1).waitFor();
  await page.locator(".cm-content").evaluate((element, base64) => {
    const dataTransfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], "c.png", { type: "image/png" }));
    const { x, y } = element.getBoundingClientRect();
    element.dispatchEvent(new DragEvent("drop", { dataTransfer, clientX: x + 9, clientY: y + 9, bubbles: true, cancelable: true }));
  }, await drawn(page, 42, 30));
  await page.locator("xh-editor .asking button").nth(2).waitFor();
  const body = await text(page);
  for (const width of [40, 41, 42]) assert.match(body, new RegExp(`!\\[\\]\\(/pictures/[0-9a-f]{20}-${width}x30\\.`));
  await page.locator(".composer .btn.main").click();
  await page.waitForURL(/\/posts\/\d+/);
  assert.equal(await page.locator(".prose img").count(), 3);
  await context.close();
});

test("a picture at another host is a link, and no browser asks that host", async () => {
  const context = await visitor(browser, { viewport: phone, bypassCSP: false });
  await register(context);
  const page = await context.newPage();
  const asked = [];
  await page.route((url) => url.origin !== new URL(base).origin, (route) => (asked.push(route.request().url()), route.abort()));
  await page.goto(`${base}/write?kind=article`);
  await page.locator("xh-editor.on .cm-content").waitFor();
  await page.fill("[name=title]", "别处的图");
  await page.locator(".cm-content").click();
  await page.keyboard.insertText("看：\n\n![夜空](https://far.invalid/a.png) <img src='//far.invalid/b.png'>\n\n[![徽章](https://far.invalid/c.svg)](https://far.invalid/)");
  await page.locator("[data-show=preview]").click();
  const far = page.locator("xh-editor .preview .far-picture");
  await far.first().waitFor();
  assert.deepEqual(await far.allInnerTexts(), ["夜空（far.invalid 上的图片）", "far.invalid 上的图片", "徽章（far.invalid 上的图片）"]);
  await page.locator(".composer .btn.main").click();
  await page.waitForURL(/\/posts\/\d+/);
  const link = page.locator(".prose a.far-picture").first();
  assert.deepEqual([await link.innerText(), await link.getAttribute("href")], ["夜空（far.invalid 上的图片）", "https://far.invalid/a.png"]);
  assert.equal(await page.locator(".prose img").count(), 0);
  await clean(page);
  await shot(page, "far");
  // And where a page held one all the same, its policy would stop it.
  await page.evaluate(() => new Promise((done) => {
    const image = new Image();
    image.onerror = image.onload = done;
    image.src = "https://far.invalid/d.png";
  }));
  assert.deepEqual(asked, []);
  await context.close();
});

test("without script a plain form gives the line that shows a picture", async () => {
  const context = await visitor(browser);
  await register(context);
  const maker = await context.newPage();
  await maker.goto(base);
  const buffer = Buffer.from(await drawn(maker, 300, 200), "base64");
  const plain = await visitor(browser, { viewport: phone, javaScriptEnabled: false, storageState: await context.storageState() });
  const page = await plain.newPage();
  await page.goto(`${base}/write?kind=article`);
  await page.setInputFiles("[name=picture]", { name: "a.png", mimeType: "image/png", buffer });
  await page.fill("[name=alt]", "一张图");
  await shot(page, "plain-form");
  const opened = plain.waitForEvent("page");
  await page.locator("form[action='/pictures'] button").click();
  const answer = await opened;
  await answer.waitForLoadState();
  const line = await answer.locator(".notice code").innerText();
  assert.match(line, /^!\[一张图\]\(\/pictures\/[0-9a-f]{20}-300x200\.webp\)$/);
  await shot(answer, "plain-added");
  await page.fill("[name=title]", "没有脚本也有图");
  await page.fill("[name=body]", `看：\n\n${line}`);
  await page.locator(".composer .btn.main").click();
  await page.waitForURL(/\/posts\/\d+-/);
  assert.equal(await page.locator(".prose img").getAttribute("height"), "200");
  await plain.close();
  await context.close();
});
