// Notifications: the bell counts while a page stays open, lines lead to their place, everything works without script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, faults, launch, phone, register, visitor } from "./community.mjs";

let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

/** An English-speaking member. */
async function member(name, options) {
  const context = await visitor(browser, { locale: "en-US", ...options });
  await context.addCookies([{ name: "xinghe_lang", value: "en", url: base }]);
  return { context, handle: await register(context, name) };
}

const follow = async ({ context }, handle) => {
  const done = await context.request.post(`${base}/@${handle}/follow`, { form: { do: "follow" }, headers: { origin: base }, maxRedirects: 0 });
  assert.equal(done.status(), 303);
};

test("the bell counts live, and what is read in one window is read in all", async () => {
  const [lin, fan] = [await member("Lin"), await member("Fan")];
  const [page, other] = [await lin.context.newPage(), await lin.context.newPage()];
  await other.goto(base + "/settings");
  await page.goto(base + "/");
  await page.bringToFront();
  const title = await page.title();
  await page.waitForLoadState("load");
  await page.evaluate("window.stayed = true");
  await follow(fan, lin.handle);
  const counts = (p, text) => p.waitForFunction((t) => document.querySelector("[data-bell] .n")?.textContent === t, text);
  await counts(page, "1");
  assert.equal(await page.title(), `(1) ${title}`);
  assert.equal(await page.locator("[data-bell]").getAttribute("aria-label"), "One unread notification");
  await counts(other, "1");
  await other.goto(base + "/notifications");
  assert.match(await other.locator(".note.new").innerText(), /Fan started following you/);
  await other.locator(".note .to").click();
  assert.equal(new URL(other.url()).pathname, `/@${fan.handle}`);
  await counts(page, "");
  assert.equal(await page.title(), title);
  assert.equal(await page.evaluate("window.stayed"), true, "no page was loaded");
  await Promise.all([lin.context.close(), fan.context.close()]);
});

test("without script it is read and chosen with plain forms", async () => {
  const [lin, fan] = [await member("Lin", { javaScriptEnabled: false }), await member("Fan")];
  await follow(fan, lin.handle);
  const page = await lin.context.newPage();
  const unread = () => page.locator(".note.new").count();
  for (let tries = 0; tries < 100; tries++) {
    await page.goto(base + "/notifications?show=unread");
    if (await unread()) break;
  }
  assert.equal(await unread(), 1);
  assert.equal(await page.locator("[data-bell] .n").innerText(), "1");
  await page.locator(".note form button").click();
  assert.equal(new URL(page.url()).search, "?show=unread");
  assert.equal(await unread(), 0);
  assert.equal(await page.locator("[data-bell] .n").innerText(), "");
  await page.goto(base + "/settings/notifications");
  await page.uncheck("[name=follower-page]");
  await page.locator("main form .btn.main").click();
  assert.equal(await page.isChecked("[name=follower-page]"), false);
  await page.goto(base + "/notifications");
  assert.equal(await page.locator(".note").count(), 0);
  await Promise.all([lin.context.close(), fan.context.close()]);
});

for (const colorScheme of ["light", "dark"]) {
  test(`lists and choices are read by everybody on a phone (${colorScheme})`, async () => {
    const lin = await member("Lin", { viewport: phone, hasTouch: true, isMobile: true, colorScheme });
    const fan = await member("A fan with a name that hardly fits on any phone");
    const page = await lin.context.newPage();
    await page.goto(base + "/");
    await follow(fan, lin.handle);
    await page.waitForFunction(() => document.querySelector("[data-bell] .n")?.textContent === "1");
    for (const path of ["/notifications", "/notifications?show=mentions", "/settings/notifications"]) {
      await page.goto(base + path);
      const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      assert.ok(wide <= 0, `${path} scrolls sideways by ${wide}px`);
      const hidden = await page.locator(".choices input").evaluateAll((all) => all.filter((b) => b.getBoundingClientRect().right > innerWidth).length);
      assert.equal(hidden, 0, "all boxes are on the screen");
      assert.deepEqual(await faults(page), [], path);
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/phone-${colorScheme}${path.replaceAll(/\W/g, "-")}.png` });
    }
    await Promise.all([lin.context.close(), fan.context.close()]);
  });
}
