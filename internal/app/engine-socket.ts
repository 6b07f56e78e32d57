import { once } from "node:events";
import { connect } from "node:net";

/** Why an engine that is there is not used, when this user may not open its socket; null when that is not the reason. */
export async function forbidden(name: "docker" | "podman", path: string): Promise<string | null> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return null;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") return null;
    const group = name === "docker" ? "join the group docker and sign in again" : "get the right to open it";
    return `This user may not open the socket ${path}: ${group}, or set server.${name}.host to one that this user may open.`;
  } finally {
    socket.destroy();
  }
}
