import { readFileSync } from "node:fs";
import fastify from "fastify";

// the baseline daemon: Fastify and nothing else; answers GET and POST / with the value in the file it was given, which
// it writes as JSON each time, as a handler with the answer at hand would
const answer: unknown = process.argv[2] === undefined ? {} : JSON.parse(readFileSync(process.argv[2], "utf8"));
const server = fastify();
server.all("/", async () => answer);
console.log(`baseline is ready at ${await server.listen({ port: 0, host: "127.0.0.1" })}`);
