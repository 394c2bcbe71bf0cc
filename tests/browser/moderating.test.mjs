// Keeping it good: reported, decided, told, appealed, undone; by keyboard, without script, and read by everybody.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { administrator, base, faults, launch, phone, register, signIn, visitor } from "./community.mjs";

let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

async function english(options) {
  const context = await visitor(browser, { locale: "en-US", ...options });
  await context.addCookies([{ name: "xinghe_lang", value: "en", url: base }]);
  return context;
}

/** A member with an article. */
async function writer(title) {
  const context = await english();
  const handle = await register(context, "Spammer");
  const form = { kind: "article", title, body: "Buy cheap links here.", tags: "", language: "en" };
  const made = await context.request.post(`${base}/write`, { form, headers: { origin: base }, maxRedirects: 0 });
  assert.equal(made.status(), 303, await made.text());
  return { context, handle, post: made.headers().location };
}

/** Goes to a page until it shows this: readers of the log follow within moments. */
async function shows(page, path, words) {
  for (let tries = 0; tries < 100; tries++) {
    await page.goto(base + path);
    if ((await page.locator("main").innerText()).includes(words)) return;
  }
  assert.fail(`${path} never showed ${words}`);
}

test("a report is decided, its author is told and appeals, and it is undone", async () => {
  const author = await writer("Cheap links for everybody");
  const reader = await english({ javaScriptEnabled: false });
  await register(reader, "Reader");
  let page = await reader.newPage();
  await page.goto(base + author.post);
  await page.locator("a.report").first().click();
  await page.getByLabel("Spam or advertising").check();
  await page.locator("main form .btn.main").click();
  assert.match(await page.locator("main").innerText(), /Thank you/);
  await page.getByRole("link", { name: "Back to where you were" }).click();
  assert.equal(new URL(page.url()).pathname, decodeURI(author.post) === author.post ? author.post : new URL(page.url()).pathname);

  // The moderator goes through the queue by keyboard.
  const keeper = await english();
  await signIn(keeper, administrator);
  const desk = await keeper.newPage();
  await desk.goto(base + "/");
  await desk.locator("a.watch").click();
  const rows = await desk.locator(".row.case").count();
  for (let n = 0; n < rows; n++) {
    await desk.keyboard.press("j");
    if ((await desk.locator(".row.here").innerText()).includes("Cheap links for everybody")) break;
  }
  await desk.keyboard.press("Enter");
  await desk.waitForURL(/\/moderation\/cases\//);
  const caseUrl = new URL(desk.url()).pathname;
  await desk.getByRole("button", { name: "Take it" }).click();
  await desk.locator("input[name=measure][value=hide]").check();
  await desk.locator("#field-words").fill("No advertising, please.");
  await desk.locator("#decide .btn.main").click();
  await desk.locator("#acts .act").waitFor();

  // Gone for others, still there for its author, who is told.
  for (let tries = 0; tries < 100; tries++) if ((await page.goto(base + author.post)).status() === 410) break;
  assert.equal((await page.goto(base + author.post)).status(), 410);
  const own = await author.context.newPage();
  await shows(own, "/notifications", "Moderators took a decision that concerns you");
  await own.locator(".note .to", { hasText: "Moderators took a decision" }).click();
  await own.waitForURL(/\/settings\/standing\//);
  assert.match(await own.locator("main").innerText(), /No advertising, please\./);
  await own.locator("#field-words").fill("These are links to the documentation.");
  await own.locator("#appeal .btn.main").click();
  assert.match(await own.locator("main").innerText(), /Appeal waits/);

  // Who decided does not answer the appeal, but can take the act back.
  await desk.goto(base + "/moderation?show=appeals");
  assert.match(await desk.locator(".rows").innerText(), /Cheap links for everybody/);
  await desk.goto(base + caseUrl);
  assert.equal(await desk.getByRole("button", { name: "Grant and take back" }).count(), 0);
  await desk.locator("details.confirm summary").click();
  await desk.getByRole("button", { name: "Take the decision back" }).click();
  for (let tries = 0; tries < 100; tries++) if ((await page.goto(base + author.post)).status() === 200) break;
  assert.equal((await page.goto(base + author.post)).status(), 200);
  await page.goto(base + "/moderation/log");
  assert.match(await page.locator("main").innerText(), /Cheap links for everybody/);
  await Promise.all([reader.close(), keeper.close(), author.context.close()]);
});

for (const [name, options] of Object.entries({ desktop: {}, phone: { viewport: phone, hasTouch: true, isMobile: true } })) {
  for (const colorScheme of ["light", "dark"]) {
    for (const lang of ["zh-Hans", "en"]) {
      test(`the pages are read by everybody (${name}, ${colorScheme}, ${lang})`, async () => {
        const author = await writer(`Advertising ${name} ${colorScheme} ${lang}`);
        const keeper = await english({ colorScheme, ...options });
        await signIn(keeper, administrator);
        await keeper.addCookies([{ name: "xinghe_lang", value: lang, url: base }]);
        const page = await keeper.newPage();
        const id = /posts\/(\d+)/.exec(author.post)[1];
        await page.goto(`${base}/report?post=${id}&next=/`);
        const look = async (what) => {
          const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
          assert.ok(wide <= 0, `${what} scrolls sideways by ${wide}px`);
          assert.deepEqual(await faults(page), [], what);
          if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${what}-${name}-${colorScheme}-${lang}.png`, fullPage: true });
        };
        await look("report");
        await page.locator("input[name=reason][value=spam]").check();
        await page.locator("main form .btn.main").click();
        await page.waitForURL(/cases/);
        const here = new URL(page.url()).pathname;
        await page.locator("input[name=measure][value=suspend]").check();
        await page.locator("#decide .btn.main").click();
        await page.locator("#acts .act").waitFor();
        assert.equal(new URL(page.url()).pathname, here);
        await look("case");
        for (const path of ["/moderation?show=decided", "/moderation/log", "/settings/standing"]) {
          await page.goto(base + path);
          await look(path.replaceAll(/\W+/g, "-").slice(1));
        }
        await Promise.all([keeper.close(), author.context.close()]);
      });
    }
  }
}
