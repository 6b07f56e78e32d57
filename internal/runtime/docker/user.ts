import type Docker from "dockerode";
import { entriesOf } from "./tar.ts";

/** Numeric ids of a space's user. */
export type Owner = { readonly uid: number; readonly gid: number };

/** Resolves the container's `User` ("dev", "1000", "dev:users") with the image's own /etc/passwd and /etc/group. */
export async function ownerOf(
  container: Docker.Container,
  found: Docker.ContainerInspectInfo,
  signal: AbortSignal,
): Promise<Owner> {
  const [user = "", group] = found.Config.User.split(":");
  const passwd = await rowsOf(container, "/etc/passwd", signal);
  const row = passwd.find(([name, , uid]) => name === user || uid === user);
  const uid = Number(row?.[2] ?? user);
  if (!Number.isInteger(uid)) throw new Error(`the image has no user ${user}`);
  if (group === undefined) return { uid, gid: Number(row?.[3] ?? 0) };
  const groups = await rowsOf(container, "/etc/group", signal);
  const gid = Number(groups.find(([name]) => name === group)?.[2] ?? group);
  if (!Number.isInteger(gid)) throw new Error(`the image has no group ${group}`);
  return { uid, gid };
}

async function rowsOf(container: Docker.Container, path: string, signal: AbortSignal): Promise<readonly string[][]> {
  try {
    const archive = await container.getArchive({ path, abortSignal: signal });
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    const [file] = entriesOf(Buffer.concat(chunks));
    return (file?.content?.toString("utf8") ?? "").split("\n").map((line) => line.split(":"));
  } catch (thrown) {
    if ((thrown as { statusCode?: number }).statusCode === 404) return [];
    throw thrown;
  }
}
