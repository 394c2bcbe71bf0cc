// Other people's programs: the official client of the Model Context Protocol searches, asks and reads.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { base, launch, register, visitor } from "./community.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** A program that is connected, with a token or without. */
async function connected(token) {
  const headers = { "x-forwarded-for": `198.18.0.${token ? 2 : 1}`, ...(token && { authorization: `Bearer ${token}` }) };
  const client = new Client({ name: "xinghe-tests", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", base), { requestInit: { headers } }));
  return client;
}

test("the official MCP client finds tools, asks, and reads what is cited", async () => {
  const client = await connected();
  assert.equal(client.getServerVersion().name, "xinghe");
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((t) => t.name), ["search", "ask", "read_post", "find_people"]);
  assert.ok(tools.every((t) => t.annotations.readOnlyHint), "they only read");

  const question = "SQLite 开了 WAL，写事务为什么还会 BUSY？";
  const asked = await client.callTool({ name: "ask", arguments: { question } });
  const answer = asked.structuredContent;
  assert.equal(answer.abstained, false);
  assert.ok(answer.sentences.every((s) => s.code || s.citations.length > 0), "every sentence cites somebody");
  const [cited] = answer.citations;
  const read = await client.callTool({ name: "read_post", arguments: { id: cited.post.id } });
  assert.ok(read.structuredContent.credits.length > 0, "somebody is credited");
  const { contents } = await client.readResource({ uri: `xinghe://posts/${cited.post.id}` });
  assert.match(contents[0].text, /^# /);

  const refused = await client.callTool({ name: "ask", arguments: { question: "谁在1998年获得了诺贝尔文学奖？" } });
  assert.equal(refused.structuredContent.abstained, true);
  const wrong = await client.callTool({ name: "ask", arguments: { question: "?", twin: "nobody-of-that-name" } });
  assert.equal(wrong.isError, true);
  await client.close();
});

test("a member's token for reading is enough, and counts as that member", async () => {
  const context = await visitor(browser);
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/settings/tokens`);
  await page.fill("[name=name]", "my agent");
  await page.fill("[name=confirm]", "a long enough secret 42");
  await page.locator("main form .btn.main").click();
  const token = await page.inputValue("#token");
  const client = await connected(token);
  const found = await client.callTool({ name: "search", arguments: { query: "axum 状态", limit: 3 } });
  assert.equal(found.structuredContent.passages.length, 3);
  await client.close();
  await page.goto(`${base}/settings/tokens`);
  await page.locator(".row", { hasText: "my agent" }).waitFor();
  await page.locator(".row form button").click();
  await assert.rejects(connected(token), /401|Unauthorized/i);
  await context.close();
});
