import { busyboxImage } from "../testkit/images.ts";
import { dockerSocket, needs } from "../testkit/needs.ts";
import { runtimeContract } from "./contract.ts";
import { openDockerRuntime } from "./docker.ts";

runtimeContract({
  name: "docker",
  needs: needs("docker"),
  open: async (_t, instanceId) =>
    openDockerRuntime({ socket: dockerSocket(), name: "docker", instance_id: instanceId }),
  image: busyboxImage,
});
