import { defineConfig } from "vite";

/** How the program is built: one bundle, because finding and reading a thousand files is most of a start. */
export default defineConfig({
  logLevel: "warn",
  ssr: {
    noExternal: true,
    // what has native code, and what most daemons never load
    external: ["better-sqlite3", "@node-rs/argon2", "dockerode", "pg", "undici"],
  },
  build: {
    ssr: "knot/main.ts",
    outDir: "../dist",
    emptyOutDir: true,
    target: "node22",
    // a stack trace in the log names the functions of the sources
    minify: false,
    sourcemap: false,
    rolldownOptions: {
      // says on a busy machine how long each plugin took
      checks: { bundlerTimings: false },
      output: { entryFileNames: "[name].js", chunkFileNames: "chunks/[name].js" },
    },
  },
});
