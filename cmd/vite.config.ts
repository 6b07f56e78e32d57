import { defineConfig, type Plugin } from "vite";

/** What dockerode loads for engines behind SSH and for BuildKit: 5 MB of source, and knot speaks to a local socket. */
const leftOut = ["ssh2", "@grpc/grpc-js", "@grpc/proto-loader", "protobufjs"];

/** In place of a package, a module whose every member says, once it is used, that the package is not there. */
const without = (packages: readonly string[]): Plugin => ({
  name: "without",
  enforce: "pre",
  resolveId: (id) => (packages.includes(id) ? `\0without:${id}` : null),
  load: (id) => {
    const [, name] = id.split("\0without:");
    if (name === undefined) return null;
    const fail = `function () { throw new Error(${JSON.stringify(`The built program is without ${name}.`)}); }`;
    return `module.exports = new Proxy({}, { get: () => ${fail} });`;
  },
});

/** How the program is built: one bundle, because finding and reading a thousand files is most of a start. */
export default defineConfig({
  logLevel: "warn",
  plugins: [without(leftOut)],
  ssr: {
    noExternal: true,
    // what has native code, and what most daemons never load
    external: ["better-sqlite3", "@node-rs/argon2", "pg", "undici"],
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
