import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Writes `.br` and `.gz` beside every text file, so that the server never compresses an asset. */
function compressed(): Plugin {
  const walk = (dir: string): string[] =>
    readdirSync(dir).flatMap((name) => {
      const path = join(dir, name);
      return statSync(path).isDirectory() ? walk(path) : [path];
    });
  let out = "dist";
  return {
    name: "compressed",
    configResolved(config) {
      out = config.build.outDir;
    },
    closeBundle() {
      for (const path of walk(out).filter((p) => /\.(css|js|svg)$/.test(p))) {
        const text = readFileSync(path);
        const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } };
        writeFileSync(`${path}.br`, brotliCompressSync(text, quality));
        writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: "/assets/",
  publicDir: "public",
  plugins: [compressed()],
  build: {
    outDir: "dist",
    assetsDir: "",
    manifest: true,
    emptyOutDir: true,
    // Browsers that know light-dark(), oklch() and @layer: what the styles are written in.
    target: ["chrome123", "edge123", "firefox125", "safari17.5"],
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { main: "src/main.ts", style: "src/style.css", desk: "src/desk.css" },
    },
  },
});
