import { busyboxImage } from "../testkit/images.ts";
import { mainJobTest } from "../testkit/main-job.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";

const { skip } = needs("docker");

mainJobTest({
  skip,
  config: `[server]
listen = "127.0.0.1:0"

[server.mcp]
enabled = true

[server.docker]
enabled = "always"
host = "unix://${dockerSocket()}"
`,
  template: "busybox",
  spec: `image: ${skip === false ? await busyboxImage() : "busybox"}
command: [sleep, "1000000"]
working_dir: /home/dev
network: none
memory: 64M
volumes:
  - name: home
    path: /home/dev
`,
  isolation: "container",
});
