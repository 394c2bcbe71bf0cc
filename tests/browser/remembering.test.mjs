// The memory of a twin: its owner says what is right, which it then says first; a published answer shows what was wrong
// about it; a sentence of the owner's becomes a fact once the owner says so.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, faults, launch, phone, register, visitor } from "./community.mjs";

const QUESTION = "Podman 容器怎么开机自动启动？";
const ARTICLE = `## Podman 容器怎么开机自动启动

Podman 容器开机自动启动用 podman generate systemd 生成单元文件。

我维护 podman-compose 的中文文档。`;
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

async function post(context, path, data, status = 201) {
  const made = await context.request.post(base + path, { data, headers: { origin: base } });
  assert.equal(made.status(), status, await made.text());
  return made.json();
}

async function until(what, ready) {
  const last = Date.now() + 60_000;
  while (!(await ready())) assert.ok(Date.now() < last, what);
}

async function looked_at(page) {
  for (const viewport of [page.viewportSize(), phone]) {
    const before = page.viewportSize();
    await page.setViewportSize(viewport);
    // An address with an anchor leaves what stands above it half below the header, where axe finds it too small.
    await page.evaluate("scrollTo({ top: 0, behavior: 'instant' })");
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await faults(page, { rules: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }), [], page.url());
    }
    const wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
    assert.equal(wide, false, `${page.url()} at ${viewport.width}: nothing is cut off`);
    if (process.env.PICTURES) {
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const name = page.url().replace(base, "").replace(/[^a-z]+/gi, "-").slice(0, 40);
        await page.screenshot({ path: `${process.env.PICTURES}/${name}-${viewport.width}-${colorScheme}.png`, fullPage: true });
      }
    }
    await page.setViewportSize(before);
  }
}

test("what an owner says is right is said first, and shown below the answer that was wrong", async () => {
  const context = await visitor(browser);
  const handle = await register(context, "秦晚舟");
  await post(context, "/api/v1/posts", { language: "zh-Hans", tags: ["podman"], kind: "article", title: "Podman 笔记", body: ARTICLE });
  const found = async () => (await (await context.request.get(`${base}/api/v1/search`, { params: { q: "Podman 笔记" } })).json()).items;
  await until("the article is found", async () => (await found()).some((i) => i.post.title === "Podman 笔记"));
  await context.request.put(`${base}/api/v1/me/twin`, {
    data: { answer: { mode: "publish", least_confidence: 50, tags: [], languages: [], per_day: 3 }, never_about: [], paused: false },
    headers: { origin: base },
  });

  // A question of somebody's that the twin answers by itself, and wrongly.
  const asker = await visitor(browser);
  await register(asker, "陆小曼");
  const question = await post(asker, "/api/v1/posts", { language: "zh-Hans", tags: ["podman"], kind: "question", title: QUESTION, body: "不想手动启动。" });
  const page = await context.newPage();
  const wrong = page.locator(".ledger a[href*='/twin/said?draft=']");
  await until("the twin answered", async () => (await page.goto(`${base}/twin/ledger`), (await wrong.count()) > 0));
  await wrong.first().click();
  assert.equal(await page.inputValue("[name=question]"), QUESTION);
  await looked_at(page);
  await page.fill("[name=text]", "现在用 Quadlet：把 .container 文件放进 ~/.config/containers/systemd。");
  await page.locator("form.said .btn.main").click();
  await page.locator(".notice.good").waitFor();
  await looked_at(page);

  const reader = await asker.newPage();
  await reader.goto(base + question.url);
  await reader.locator(".corrected", { hasText: "Quadlet" }).waitFor();
  await looked_at(reader);
  await reader.goto(`${base}/@${handle}/twin`);
  await looked_at(reader);
  await reader.fill("xh-ask input[name=q]", "怎么让 Podman 容器开机自动启动？");
  await reader.locator("xh-ask form.askbox .btn.main").click();
  await reader.locator(".answer .prose", { hasText: "Quadlet" }).waitFor();
  await reader.locator(".src-list a mark", { hasText: "Quadlet" }).click();
  await reader.locator("blockquote.said-text", { hasText: "Quadlet" }).waitFor();
  await looked_at(reader);
  await Promise.all([context.close(), asker.close()]);
});

test("a sentence becomes a fact once its owner says so, and what contradicts waits", async () => {
  const context = await visitor(browser);
  const handle = await register(context, "顾南枝");
  await post(context, "/api/v1/posts", { language: "zh-Hans", tags: [], kind: "article", title: "关于我", body: ARTICLE });
  const page = await context.newPage();
  const facts = `${base}/twin/knowledge?part=facts`;
  const proposed = page.locator("li", { hasText: "podman-compose 的中文文档" });
  await until("it is proposed", async () => (await page.goto(facts), (await proposed.count()) > 0));
  await looked_at(page);
  await proposed.locator("button[value=holds]").click();
  await page.locator(".notice.good").waitFor();
  await post(context, "/api/v1/me/twin/statements", { kind: "fact", text: "我不再维护 podman-compose 的中文文档。" });
  await page.goto(facts);
  await looked_at(page);
  await page.locator("button[value=declined]").click();
  await page.locator(".notice.good").waitFor();
  await page.goto(`${base}/ask?twin=${handle}&q=${encodeURIComponent("你维护什么？")}`);
  await page.locator("xh-ask form.askbox .btn.main").click();
  await page.locator(".answer .prose", { hasText: "podman-compose" }).waitFor();
  await page.goto(`${base}/twin/knowledge`);
  for (const summary of await page.locator("#memory summary").all()) await summary.click();
  await looked_at(page);
  await page.locator("#memory button[name=learning]").click();
  await page.locator(".notice.good").waitFor();
  await context.close();
});
