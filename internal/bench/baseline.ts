import { readFileSync } from "node:fs";
import fastify from "fastify";

// the baseline daemon: Fastify and nothing else; answers GET and POST / with the bytes of the file it was given
const body = process.argv[2] === undefined ? "{}" : readFileSync(process.argv[2], "utf8");
const server = fastify();
server.all("/", (_request, reply) => reply.type("application/json").send(body));
console.log(`baseline is ready at ${await server.listen({ port: 0, host: "127.0.0.1" })}`);
