// A twin at work: its owner allows it to draft, a question that waits gets a draft, the keyboard approves it, the answer
// glows below the question, and the owner takes it back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, faults, launch, phone, register, visitor } from "./community.mjs";

const QUESTION = "Btrfs 快照把硬盘占满了，怎么自动清理？";
const ARTICLE = `## Btrfs 快照为什么会把硬盘占满

Btrfs 快照会拦住旧数据块的回收，所以快照留得越久，硬盘占得越满。

## Btrfs 快照怎么自动清理

自动清理 Btrfs 快照用 snapper：设好 TIMELINE_LIMIT_DAILY，再打开 snapper-cleanup.timer。`;
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

async function write(context, post) {
  const made = await context.request.post(`${base}/api/v1/posts`, {
    data: { language: "zh-Hans", tags: ["btrfs"], ...post },
    headers: { origin: base },
  });
  assert.equal(made.status(), 201, await made.text());
  return made.json();
}

/** Writes an article and waits until search finds it. */
async function publish(context, title, body) {
  const { id } = await write(context, { kind: "article", title, body });
  const last = Date.now() + 20_000;
  for (let found = false; !found; ) {
    assert.ok(Date.now() < last, `${title} is not found`);
    const answer = await context.request.get(`${base}/api/v1/search`, { params: { q: title } });
    found = (await answer.json()).items.some((i) => i.post.id === id);
  }
}

/** The owner's drafts, once there is one. */
async function drafted(page) {
  const last = Date.now() + 60_000;
  do {
    assert.ok(Date.now() < last, "no draft came");
    await page.goto(`${base}/twin/drafts`);
  } while ((await page.locator(".inbox-open").count()) === 0);
}

test("a question that waits is drafted, approved by a key, and taken back", async () => {
  const context = await visitor(browser);
  await register(context, "沈知远");
  await publish(context, "家用服务器上的 Btrfs 快照", ARTICLE);
  const page = await context.newPage();
  await page.goto(`${base}/twin`);
  await page.check("[name=mode][value=draft]");
  await page.locator("form.grant .btn.main").click();
  await page.locator(".notice.good").waitFor();

  const asker = await visitor(browser);
  await register(asker, "陆小曼");
  const question = await write(asker, { kind: "question", title: QUESTION, body: "不想自己写脚本。" });

  await drafted(page);
  await page.locator(".inbox-open h2", { hasText: QUESTION }).waitFor();
  await page.locator(".inbox-open .glow .prose", { hasText: "snapper" }).waitFor();
  for (const viewport of [page.viewportSize(), phone]) {
    await page.setViewportSize(viewport);
    assert.deepEqual(await faults(page, { rules: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }), []);
    const wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
    assert.equal(wide, false, `${viewport.width}: nothing is cut off`);
  }
  await page.keyboard.press("?");
  await page.locator("dialog#inbox-keys[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("a");
  await page.locator(".notice.good a").click();

  const answer = page.locator(".glow", { hasText: "snapper" });
  await answer.first().waitFor();
  assert.ok(page.url().includes(question.id), "the answer stands below the question");

  await page.goto(`${base}/twin/ledger`);
  await page.locator(".ledger form[action$='/undo'] button").first().click();
  await page.locator(".notice.good").waitFor();
  await page.goto(base + question.url);
  assert.equal(await page.locator(".glow", { hasText: "snapper" }).count(), 0, "taken back");
  await context.close();
  await asker.close();
});

test("a draft is edited and approved without script", async () => {
  const context = await visitor(browser);
  await register(context, "顾南枝");
  const body = "## 怎么用 Zig 交叉编译 C 程序\n\nZig 交叉编译 C 程序只要一个参数：`zig cc -target aarch64-linux-musl`。";
  await publish(context, "拿 Zig 当交叉编译器", body);
  const allowed = await context.request.put(`${base}/api/v1/me/twin`, {
    data: { answer: { mode: "draft", least_confidence: 80, tags: [], languages: [], per_day: 3 }, never_about: [], paused: false },
    headers: { origin: base },
  });
  assert.equal(allowed.status(), 200, await allowed.text());
  const asker = await visitor(browser);
  await register(asker);
  await write(asker, { kind: "question", title: "怎么用 Zig 交叉编译 C 程序？", body: "要在树莓派上跑。" });
  await drafted(await context.newPage());

  const plain = await visitor(browser, { javaScriptEnabled: false, storageState: await context.storageState() });
  const page = await plain.newPage();
  await page.goto(`${base}/twin/drafts`);
  await page.locator("details.act summary").first().click();
  await page.fill("[name=body]", "用 `zig cc -target aarch64-linux-musl`，不用另装工具链。");
  await page.locator("details.act[open] .btn.main").click();
  await page.locator(".notice.good a").click();
  await page.locator(".prose", { hasText: "不用另装工具链" }).waitFor();
  await Promise.all([context.close(), asker.close(), plain.close()]);
});
