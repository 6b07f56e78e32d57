import { createHash, randomUUID } from "node:crypto";
import { type Call, createCall } from "../operation/call.ts";
import { pathOf, wrong } from "./path.ts";
import { hashLimit } from "./read.ts";
import type { WriteInput } from "./schema.ts";
import { sweepScript, writeScript } from "./scripts.ts";
import { runScript, runToEnd, type Workplace } from "./shell.ts";

/** The hash is null after an append to a large file. */
export type Written = { readonly bytes_written: number; readonly sha256: string | null };

/** The bytes that content stands for. */
export function bytesOf({ content, encoding }: Pick<WriteInput, "content" | "encoding">): Buffer {
  if (encoding === "utf8") {
    if (!content.isWellFormed())
      throw wrong("content", "has half of a character (a lone surrogate); use base64 for bytes");
    return Buffer.from(content, "utf8");
  }
  const bytes = Buffer.from(content, "base64");
  const plain = content.replace(/[\r\n]/g, "").replace(/=+$/, "");
  if (bytes.toString("base64").replace(/=+$/, "") !== plain) throw wrong("content", "is not base64");
  return bytes;
}

/** Puts the bytes into a temporary file beside the target and moves it there; a reader sees the old content or the new. */
export async function writeBytes(
  call: Call,
  space: Workplace,
  input: Pick<WriteInput, "path" | "mode" | "if_match" | "make_parents">,
  bytes: Buffer,
): Promise<Written> {
  const path = pathOf(input.path);
  if (path === "/" || path === ".") throw wrong("path", "is a directory");
  const temporary = `.knot-${randomUUID()}`;
  const parents = input.make_parents ? "yes" : "no";
  const args = [path, input.mode, input.if_match ?? "-", parents, temporary, String(bytes.length), String(hashLimit)];
  try {
    const said = await runScript(call, space, {
      text: writeScript,
      args,
      path: input.path,
      stdin: bytes,
      timeout_seconds: 300,
    });
    const sha256 =
      input.mode === "append"
        ? said.toString("latin1").trim() || null
        : createHash("sha256").update(bytes).digest("hex");
    return { bytes_written: bytes.length, sha256 };
  } catch (thrown) {
    // a script that was killed could not clean up; its caller may be gone, so this is a call of its own
    const sweep = createCall({ principal: call.principal, door: "system" });
    const script = { text: sweepScript, args: [path, temporary], path: input.path, timeout_seconds: 10 };
    await runToEnd(sweep, space, script).catch(() => {});
    throw thrown;
  }
}
