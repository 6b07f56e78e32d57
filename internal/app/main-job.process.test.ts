import { mainJobTest } from "../testkit/main-job.ts";
import { needs } from "../testkit/needs.ts";

mainJobTest({
  ...needs("process"),
  config:
    '[server]\nlisten = "127.0.0.1:0"\n\n[server.mcp]\nenabled = true\n\n[server.docker]\nenabled = "never"\n\n[server.podman]\nenabled = "never"\n',
  template: "sandbox",
  isolation: "sandboxed process",
});
