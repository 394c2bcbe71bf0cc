// Other people's programs: the official clients of the Model Context Protocol, of OpenAI's API and of Agent2Agent
// search, ask, go on asking, stream and read.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ClientFactory } from "@a2a-js/sdk/client";
import OpenAI from "openai";
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
  assert.deepEqual(tools.map((t) => t.name), ["search", "ask", "read_post", "find_people", "post_question"]);
  assert.deepEqual(tools.filter((t) => !t.annotations.readOnlyHint).map((t) => t.name), ["post_question"], "the others only read");
  const guest = await client.callTool({ name: "post_question", arguments: { title: "谁知道？" } });
  assert.equal(guest.isError, true, "nobody posts without a name");
  const { prompts } = await client.listPrompts();
  assert.equal(prompts.length, 3);
  const { messages } = await client.getPrompt({ name: "answer_with_sources", arguments: { question: "什么是WAL？" } });
  assert.match(messages[0].content.text, /什么是WAL/);

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

/** A page of a new member's, and a token of theirs that may read, or also write. */
async function withToken(context, writes = false) {
  await register(context);
  const page = await context.newPage();
  await page.goto(`${base}/settings/tokens`);
  await page.fill("[name=name]", "my agent");
  if (writes) await page.check("[value=write]");
  await page.fill("[name=confirm]", "a long enough secret 42");
  await page.locator("main form .btn.main").click();
  return { page, token: await page.inputValue("#token") };
}

test("a member's token for reading is enough, and counts as that member", async () => {
  const context = await visitor(browser);
  const { page, token } = await withToken(context);
  const client = await connected(token);
  const found = await client.callTool({ name: "search", arguments: { query: "axum 状态", limit: 3 } });
  assert.equal(found.structuredContent.passages.length, 3);
  const put = await client.callTool({ name: "post_question", arguments: { title: "谁用过自己的时钟？" } });
  assert.ok(put.isError && /write/.test(put.content[0].text), "a token for reading does not write");
  await client.close();
  await page.goto(`${base}/settings/tokens`);
  await page.locator(".row", { hasText: "my agent" }).waitFor();
  await page.locator(".row form button").click();
  await assert.rejects(connected(token), /401|Unauthorized/i);
  await context.close();
});

test("a program puts a question to people, once, in its member's name", async () => {
  const context = await visitor(browser);
  const { page, token } = await withToken(context, true);
  const client = await connected(token);
  const wish = { name: "post_question", arguments: { title: "谁把时钟当参数传过？", body: "想听听**经验**。", tags: ["测试"] } };
  const { structuredContent: first } = await client.callTool(wish);
  const { structuredContent: again } = await client.callTool(wish);
  assert.equal(again.post, first.post, "sent twice, it is one");
  await client.close();
  await page.goto(base + new URL(first.url).pathname);
  await page.locator("h1", { hasText: "谁把时钟当参数传过？" }).waitFor();
  await page.locator(".prose strong", { hasText: "经验" }).waitFor();
  await context.close();
});

test("OpenAI's own client lists the guide and the twins, asks, goes on asking and streams", async () => {
  const context = await visitor(browser);
  const { token } = await withToken(context);
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: token, maxRetries: 0 });
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  assert.equal(models[0], "guide");
  assert.ok(models.some((id) => id.startsWith("twin:")), "twins are listed");
  assert.equal((await client.models.retrieve(models.at(-1))).id, models.at(-1));

  const messages = [{ role: "user", content: "SQLite 开了 WAL，写事务为什么还会 BUSY？" }];
  const first = await client.chat.completions.create({ model: "guide", messages });
  const said = first.choices[0].message;
  assert.match(said.content, /\[1\]/);
  const [place] = said.annotations;
  assert.equal((await fetch(place.url_citation.url)).status, 200, "a citation leads to its post");
  assert.ok(first.xinghe.sentences.every((s) => s.code || s.citations.length > 0));

  messages.push(said, { role: "user", content: "那怎么避免？" });
  const stream = await client.chat.completions.create({
    model: "guide",
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let [text, usage, whole] = ["", undefined, undefined];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
    whole = chunk.xinghe ?? whole;
  }
  assert.ok(text.length > 10 && usage.total_tokens > 0);
  assert.equal(whole.question, "那怎么避免？");
  await assert.rejects(client.chat.completions.create({ model: "gpt-4", messages }), (error) => {
    assert.equal(error.status, 422);
    assert.equal(error.param, "model");
    return true;
  });
  // The tests run without a model; with one, vectors come back.
  await assert.rejects(client.embeddings.create({ model: "x", input: "y" }), (error) => error.status === 503);
  const stranger = new OpenAI({ baseURL: `${base}/v1`, apiKey: "made-up", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), (error) => error.status === 401);
  await context.close();
});

test("the official A2A client finds a twin by its card, asks it, goes on and streams", async () => {
  const factory = new ClientFactory();
  const guide = await factory.createFromUrl(base);
  const says = (text, contextId = "") => ({
    tenant: "",
    message: {
      messageId: crypto.randomUUID(),
      contextId,
      taskId: "",
      role: 1,
      parts: [{ content: { $case: "text", value: text }, metadata: undefined, filename: "", mediaType: "text/plain" }],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    },
    configuration: undefined,
    metadata: undefined,
  });
  // A call may answer with a task itself, or say which of the two it is.
  const of = (result) => result.payload?.value ?? result;
  const task = of(await guide.sendMessage(says("SQLite 开了 WAL，写事务为什么还会 BUSY？")));
  assert.match(task.id, /^\d+-/);
  const [words, evidence] = task.artifacts.map((artifact) => artifact.parts[0].content);
  assert.match(words.value, /\[1\]/);
  assert.ok(evidence.value.citations.length > 0, "the evidence comes along");
  assert.equal(of(await guide.getTask({ tenant: "", id: task.id, historyLength: 0 })).id, task.id);
  const next = of(await guide.sendMessage(says("那怎么避免？", task.contextId)));
  assert.equal(next.contextId, task.contextId);

  const { handle } = evidence.value.citations[0].post.author;
  const models = await (await fetch(`${base}/v1/models`)).json();
  const twin = models.data.find((m) => m.id === `twin:${handle}`) ?? models.data.find((m) => m.id.startsWith("twin:"));
  const its = await factory.createFromUrl(base, `/@${twin.owned_by}/agent-card.json`);
  const seen = [];
  for await (const event of its.sendMessageStream(says("axum 的状态怎么共享？"))) seen.push(event.payload?.$case ?? event.kind);
  assert.equal(seen[0], "task");
  assert.equal(seen.at(-1), "statusUpdate");
  await assert.rejects(guide.getTask({ tenant: "", id: "1-made-up", historyLength: 0 }));
});
