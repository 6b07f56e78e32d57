import type { Call } from "../operation/call.ts";
import { Problem } from "../problem/problem.ts";
import { type Edited, editFile } from "./edit.ts";
import { grepFiles } from "./grep.ts";
import { pathOf, wrong } from "./path.ts";
import { PathLock } from "./path-lock.ts";
import { readFile } from "./read.ts";
import type { EditInput, FileContent, FindInput, GrepInput, ListInput, ReadInput, WriteInput } from "./schema.ts";
import { deleteScript, moveScript, weighScript } from "./scripts.ts";
import { findFiles, listFiles } from "./search.ts";
import { runScript, type Workplace } from "./shell.ts";
import { bytesOf, type Written, writeBytes } from "./write.ts";

/** Finds the running space a caller means. */
export interface SpaceAccess {
  /** Throws `not_found` for what the caller may not use, `conflict` for what is not running. */
  running(call: Call, ref: string): Promise<Workplace>;
}

/** Files in spaces, with nothing in the space but its own sh and its usual programs, and with the rights of its user. */
export class Files {
  readonly #spaces: SpaceAccess;
  readonly #locks = new PathLock();

  constructor({ spaces }: { readonly spaces: SpaceAccess }) {
    this.#spaces = spaces;
  }

  async read(call: Call, input: ReadInput): Promise<FileContent> {
    pathOf(input.path);
    return readFile(call, await this.#space(call, input), input);
  }

  async write(call: Call, input: WriteInput): Promise<Written> {
    const bytes = bytesOf(input);
    return this.#changing(call, input, (space) => writeBytes(call, space, input, bytes));
  }

  async edit(call: Call, input: EditInput): Promise<Edited> {
    return this.#changing(call, input, (space) => editFile(call, space, input));
  }

  async list(call: Call, input: ListInput) {
    pathOf(input.path);
    return listFiles(call, await this.#space(call, input), input);
  }

  async find(call: Call, input: FindInput) {
    pathOf(input.path);
    noNul("name", input.name, ...input.exclude);
    return findFiles(call, await this.#space(call, input), input);
  }

  async grep(call: Call, input: GrepInput) {
    pathOf(input.path);
    for (const field of ["pattern", "glob"] as const) {
      if (input[field]?.includes("\n")) throw wrong(field, "has a line break; lines are searched one by one");
      noNul(field, input[field], ...input.exclude);
    }
    return grepFiles(call, await this.#space(call, input), input);
  }

  async delete(call: Call, input: { space: string; path: string; recursive: boolean; confirm: boolean }) {
    const path = pathOf(input.path);
    const needed = wrong("path", "is a directory that has to stay");
    if (/^\/?\.?$/.test(path) || /(^|\/)\.\.$/.test(path)) throw needed;
    return this.#changing(call, input, async (space) => {
      if (path === pathOf(space.working_dir ?? "/")) throw needed;
      if (input.recursive && !input.confirm) await this.#confirmed(call, space, input.path);
      const args = [path, input.recursive ? "yes" : "no"];
      await runScript(call, space, { text: deleteScript, args, path: input.path, timeout_seconds: 300 });
      return { deleted: true };
    });
  }

  async move(call: Call, input: { space: string; path: string; to: string; overwrite: boolean }) {
    const [from, target] = [pathOf(input.path), pathOf(input.to, "to")];
    if (from === target) throw wrong("to", "is the same path");
    return this.#changing(call, { space: input.space, path: input.to }, async (space) => {
      const args = [from, target, input.overwrite ? "yes" : "no"];
      const { path, to } = input;
      await runScript(call, space, { text: moveScript, args, path, to, timeout_seconds: 300 });
      return { moved: true };
    });
  }

  async #confirmed(call: Call, space: Workplace, path: string): Promise<void> {
    const said = await runScript(call, space, { text: weighScript, args: [pathOf(path)], path });
    const [count, kilobytes] = said.toString("latin1").trim().split(" ");
    if (count === undefined || count === "") return;
    throw new Problem(
      "confirmation_required",
      `This deletes the directory "${path}" in space "${space.name}" with ${count} entries (${kilobytes} KiB) for good. Give confirm to do it.`,
    );
  }

  #space(call: Call, { space }: { readonly space: string }): Promise<Workplace> {
    return this.#spaces.running(call, space);
  }

  async #changing<Result>(
    call: Call,
    { space: ref, path }: { readonly space: string; readonly path: string },
    work: (space: Workplace) => Promise<Result>,
  ): Promise<Result> {
    const clean = pathOf(path);
    const space = await this.#spaces.running(call, ref);
    const absolute = clean.startsWith("/") ? clean : `${space.working_dir ?? ""}/${clean}`;
    return this.#locks.run(`${space.id}:${pathOf(absolute)}`, () => work(space));
  }
}

function noNul(field: string, ...texts: readonly (string | undefined)[]): void {
  if (texts.some((text) => text?.includes("\0"))) throw wrong(field, "has a NUL character, which no name can have");
}
