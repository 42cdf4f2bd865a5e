// How the page is built, served while developing, and how its unit tests run.

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const service = process.env["LOGSTREAM_SERVICE"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  // Relative, so that the page works under any sub-path.
  base: "./",
  plugins: [svelte()],
  build: {
    target: "es2022",
    outDir: "dist",
    // A strict Content-Security-Policy allows no data: URLs and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": service, "/session": service },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
