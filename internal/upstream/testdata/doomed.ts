// Stands for a daemon that is killed: connects to the server of its argument and stays.
import { createUpstreams } from "../upstreams.ts";

const server = JSON.parse(process.argv[2] ?? "{}");
createUpstreams({ servers: [{ namespace: "up", ...server }], version: "0" }).start();
setInterval(() => {}, 1000);
