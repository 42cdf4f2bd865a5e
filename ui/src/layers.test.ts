import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

/** pages → components → state → stream → protocol: left may import right. */
const LAYERS = ["protocol", "stream", "state", "components", "pages"];
const ROOT = resolve(__dirname);
const MODULE_MAX_LINES = 300;

const files = LAYERS.flatMap((layer) =>
  readdirSync(join(ROOT, layer), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith(".test.ts"))
    .map((name) => join(layer, name)),
);

test.each(files)("%s imports only its own layer and those below", (file) => {
  const layer = LAYERS.indexOf(file.split("/")[0] as string);
  const text = readFileSync(join(ROOT, file), "utf8");
  for (const [, from] of text.matchAll(/(?:from|import)\s+"([^"]+)"/g)) {
    const name = from as string;
    if (!name.startsWith(".")) {
      const svelteAllowed = layer >= LAYERS.indexOf("components");
      expect(svelteAllowed || !/svelte/.test(name), `${file} knows ${name}`).toBe(true);
      continue;
    }
    const target = relative(ROOT, resolve(ROOT, dirname(file), name)).split("/")[0] as string;
    const below = LAYERS.indexOf(target);
    expect(below, `${file} imports ${name}`).toBeLessThanOrEqual(layer);
  }
});

test.each(files.filter((file) => file.endsWith(".ts")))("%s can be read in one go", (file) => {
  const lines = readFileSync(join(ROOT, file), "utf8").split("\n").length;
  expect(lines).toBeLessThanOrEqual(MODULE_MAX_LINES);
});
