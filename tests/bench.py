#!/usr/bin/env python3
"""Measures the product as a whole and writes docs/benchmarks.md: `make bench`.

What it needs beside the product: wrk (a package of Debian) for requests per second, and the model file
(`xinghe model pull`). `tests/bench.py product` or `libraries` measures one part; what the other printed last stays.
Texts come from the folders in XINGHE_BENCH_TEXTS, else from content/. What cannot be measured
is said so in the table.
"""
import gzip
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/xinghe"
HELLO = ROOT / "target/release/examples/hello"
TEXTS = os.environ.get("XINGHE_BENCH_TEXTS", "").split() or [str(ROOT / "content")]
MODEL = pathlib.Path(os.environ.get("XINGHE_MODEL", ROOT / "data/models/e5-small-q4.bin"))
SETS = os.environ.get("XINGHE_EVAL_SETS", "").split()
KEPT = ROOT / "target/bench.json"
rows = []


def row(what, value, floor="", how=""):
    rows.append((what, value, floor, how))
    print(f"{what}: {value}  {floor}", flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url, headers=None, timeout=30):
    request = urllib.request.Request(urllib.parse.quote(url, safe=":/?&=%+#"), headers=headers or {})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.read()


class Server:
    def __init__(self, data, *args, env=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [str(BINARY), "serve", "--data-dir", str(data), "--listen", f"127.0.0.1:{self.port}", *args],
            env={**os.environ, "XINGHE_LOG": "warn", "XINGHE_TRUSTED_PROXIES": "127.0.0.1", **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                get(self.url + "/readyz", timeout=5)
                break
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("the server ended at once; run it by hand to see why")
                time.sleep(0.005)
        self.ready = time.monotonic() - begin

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def until_embedded(self):
        while True:
            state = json.loads(get(self.url + "/api/v1/search/status"))
            if state["pending"] == 0 and state["posts"] > 0:
                return state
            time.sleep(1)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def run_json(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]


def start_and_memory(folder):
    data = folder / "community"
    if MODEL.is_file():
        (data / "models").mkdir(parents=True)
        shutil.copy(MODEL, data / "models/e5-small-q4.bin")
    begin = time.monotonic()
    server = Server(data)
    row("first start on an empty folder, to ready", f"{server.ready:.2f} s")
    posts, since = 0, begin
    while posts == 0 or time.monotonic() - since < 5:
        now = json.loads(get(server.url + "/api/v1/search/status"))["posts"]
        if now != posts:
            posts, since = now, time.monotonic()
        time.sleep(0.1)
    row("first start, to all first content searchable by words", f"{since - begin:.1f} s", "", f"{posts} posts")
    if MODEL.is_file():
        state = server.until_embedded()
        row("first start, to all first content embedded", f"{time.monotonic() - begin:.0f} s", "",
            f"{state['posts']} posts, {state['passages']} passages")
    server.stop()
    server = Server(data)
    row("second start, to ready", f"{server.ready:.2f} s", "< 1 s")
    time.sleep(3)
    row("idle memory, embedder not loaded", f"{server.memory():.0f} MB", "< 120 MB", "VmRSS")
    if MODEL.is_file():
        get(server.url + "/api/v1/search?q=share+state+between+handlers")
        time.sleep(3)
        row("idle memory, embedder loaded", f"{server.memory():.0f} MB", "< 220 MB", "VmRSS after a search")
    return server


def weights(server):
    articles = json.loads(get(server.url + "/api/v1/posts?kind=article&limit=50"))["items"]
    post = max(articles, key=lambda p: len(get(server.url + p["url"])))
    for name, path, floor in [("home", "/", "60 KB"), ("the longest article", post["url"], "30 KB")]:
        page = get(server.url + path, {"Accept-Encoding": "br"})
        assets = sorted(set(re.findall(r'(?:href|src)="(/assets/[^"]+\.(?:css|js))"', get(server.url + path).decode())))
        parts = [len(get(server.url + a, {"Accept-Encoding": "br"})) for a in assets]
        total = (len(page) + sum(parts)) / 1024
        row(f"weight of {name}, HTML + CSS + JS, brotli", f"{total:.1f} KB", f"≤ {floor}", f"HTML {len(page)/1024:.1f} KB")
    return urllib.parse.quote(post["url"], safe="/%")


def requests_per_second(server, post):
    if not shutil.which("wrk") or not HELLO.exists():
        row("post page, requests/s beside a bare axum hello", "not measured: wrk is not installed", "≥ 30 %")
        return
    port = free_port()
    hello = subprocess.Popen([str(HELLO), f"127.0.0.1:{port}"])
    time.sleep(0.5)

    # Each request from another reader: else the product's limit for one reader would be measured.
    readers = pathlib.Path(tempfile.mkdtemp()) / "readers.lua"
    readers.write_text("""local n = 0
wrk.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"
function request()
  n = n + 1
  wrk.headers["X-Forwarded-For"] = string.format("10.%d.%d.%d", n / 65536 % 256, n / 256 % 256, n % 256)
  return wrk.format()
end
""")

    def wrk(url):
        command = ["wrk", "-t1", "-c16", "-d4s", "-s", str(readers), url]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in out:
            sys.exit(f"{url} did not answer 200 throughout:\n{out}")
        return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))

    pairs = [(wrk(server.url + post), wrk(f"http://127.0.0.1:{port}/")) for _ in range(3)]
    hello.terminate()
    page, bare = (statistics.median(p[i] for p in pairs) for i in (0, 1))
    row("post page, requests/s beside a bare axum hello", f"{page:.0f} of {bare:.0f} ({page / bare:.0%})", "≥ 30 %",
        "wrk -t1 -c16 -d4s as a browser that is not signed in asks, medians of three rounds that take turns; kept copies")


def imports(folder):
    for text in TEXTS:
        report = run_json(BINARY, "import", text, "--data-dir", folder / "import", "--json")
        if report and report[-1].get("created"):
            r = report[-1]
            row(f"import of {pathlib.Path(text).name}", f"{r['created'] / r['seconds']:.0f} posts/s", "≥ 300",
                f"{r['created']} posts in {r['seconds']:.1f} s")


def libraries():
    env = {**os.environ, "XINGHE_MODEL": str(MODEL)}
    if not MODEL.is_file():
        env.pop("XINGHE_MODEL")
    done = subprocess.run(["cargo", "bench", "--locked", "-q", "-p", "xinghe-search", "--bench", "search", "--", "--texts", *TEXTS,
                           *(["--questions", *SETS] if SETS else [])],
                          cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    for line in (x for x in done.stdout.splitlines() if x.startswith("{")):
        r = json.loads(line)
        s, e = r["search_ms"], r["of_which_embedding_ms"]
        kind = "words and meaning" if r["meaning"] else "words only"
        row(f"search over {r['passages']:,} passages, {kind}", f"p50 {s['p50']:.1f} ms, p99 {s['p99']:.1f} ms",
            "p99 < 10 ms" if r["passages"] >= 100_000 else "",
            f"of it the query's embedding: p50 {e['p50']:.1f} ms; one author: p99 {r['one_author_ms']['p99']:.1f} ms")
    done = subprocess.run(["cargo", "bench", "--locked", "-q", "-p", "xinghe", "--bench", "visible"], cwd=ROOT, env=env,
                          capture_output=True, text=True, check=False)
    for line in (x for x in done.stdout.splitlines() if x.startswith("{")):
        r = json.loads(line)
        row(f"a post committed to found by its words, at {r['posts_per_second']} posts/s",
            f"p50 {r['ms']['p50']:.0f} ms, p99 {r['ms']['p99']:.0f} ms", "< 1 s", f"{r['watched']} posts watched")
    if MODEL.is_file():
        done = subprocess.run(["cargo", "bench", "--locked", "-q", "-p", "xinghe-embedder", "--bench", "embed"], cwd=ROOT, env=env,
                              capture_output=True, text=True, check=False)
        return done.stdout
    return ""


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "")
    has = [f for f in ("avx2", "avx_vnni", "avx512_vnni") if f" {f}" in flags]
    memory = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read()).group(1)) // 2**20
    return f"{cpu}, {os.cpu_count()} cores ({', '.join(has)}), {memory} GiB, {platform.system()} {platform.release()}"


def main():
    parts = sys.argv[1:] or ["product", "libraries"]
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    embedder = kept.get("embedder", "")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if "product" in parts:
            server = start_and_memory(folder)
            post = weights(server)
            requests_per_second(server, post)
            server.stop()
            imports(folder)
            kept["product"] = list(rows)
        if "libraries" in parts:
            rows.clear()
            embedder = kept["embedder"] = libraries()
            kept["libraries"] = list(rows)
    KEPT.write_text(json.dumps(kept))
    measured = kept.get("product", []) + kept.get("libraries", [])
    text = ["# Benchmarks", "", f"Written by `make bench` on {time.strftime('%Y-%m-%d')}. Machine: {machine()}.",
            "Machines are noisy: compare ratios within one run.", "",
            "| what | measured | wanted | how |", "|---|---|---|---|"]
    text += [f"| {a} | {b} | {c} | {d} |" for a, b, c, d in measured]
    if embedder:
        text += ["", "## The local embedder", "", "CPU time of one thread, rounds that take turns:", "", "```", embedder.rstrip(), "```"]
    (ROOT / "docs/benchmarks.md").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
