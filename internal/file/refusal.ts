import { Problem } from "../problem/problem.ts";

/** Where a script ended: `path` is what it worked on, `to` where a move goes, `said` what it printed, `why` its last error. */
type Place = { readonly path: string; readonly to: string; readonly said: string; readonly why: string };

/** What the statuses of the scripts mean. */
const refusals: Readonly<Record<number, (place: Place) => Problem>> = {
  40: ({ path }) => missing(`There is no "${path}" in the space. list_files and find show what is there.`),
  41: ({ path }) => conflict(`"${path}" is a directory. list_files shows what is in it.`),
  42: ({ path }) =>
    conflict(`"${path}" is a device, a pipe or a socket; only regular files can be read, searched and written.`),
  43: ({ path }) => denied(path),
  44: ({ path }) => conflict(`A part of "${path}" is a file where a directory is needed.`),
  45: ({ path }) => conflict(`"${path}" leads in a circle: its symbolic links point at each other.`),
  46: ({ path }) => invalid(`"${path}" is longer than the file system of the space allows.`),
  47: ({ path, to }) =>
    to === ""
      ? conflict(`"${path}" exists already. The mode overwrite replaces it.`)
      : conflict(`"${to}" exists already. Give overwrite to replace it.`),
  48: ({ path, to }) =>
    missing(
      to === ""
        ? `The directory of "${path}" does not exist. Give make_parents to create it.`
        : `The directory of "${to}" does not exist. Create it first, with mkdir -p in run_command.`,
    ),
  49: ({ path, said }) => changed(path, said),
  50: ({ path }) =>
    new Problem("runtime_failed", `Not all of the content for "${path}" arrived. Nothing was changed; try again.`),
  51: ({ path, why }) => failed(path, why),
  52: ({ path }) => conflict(`The directory "${path}" is not empty. Give recursive to delete it with what is in it.`),
  53: ({ to }) => conflict(`"${to}" is a directory. Name the whole new path, ending with the new name.`),
  54: ({ path }) => conflict(`"${path}" is not a directory. read_file reads it.`),
  55: ({ why }) =>
    invalid(`/pattern: is no extended regular expression: ${why}. Give literal to search for plain text.`),
  56: ({ path }) =>
    conflict(`"${path}" is a binary file (it has NUL bytes). grep -a in run_command searches it anyway.`),
  57: ({ path, to }) => conflict(`"${path}" and "${to}" are the same file, so nothing was moved.`),
  58: ({ path, to }) => conflict(`"${to}" is inside "${path}": a directory cannot be moved into itself.`),
  59: ({ path }) => readOnly(path),
  60: ({ to }) => conflict(`"${to}" is a file, which a directory does not replace. Delete it first.`),
  61: ({ path }) =>
    conflict(`Everything in "${path}" was deleted. The directory itself has to stay: a volume is mounted there.`),
  62: ({ path, why }) => conflict(`"${path}" could not be deleted, or not all that is in it: ${why}.`),
};

const conflict = (detail: string): Problem => new Problem("conflict", detail);
const invalid = (detail: string): Problem => new Problem("invalid_input", detail);
const missing = (detail: string): Problem => new Problem("not_found", detail);

const denied = (path: string): Problem =>
  conflict(
    `The user of the space may not do this with "${path}". ls -ld in run_command shows the owner and the mode of it and of its directory.`,
  );

const readOnly = (path: string): Problem => conflict(`"${path}" is on a read-only file system and cannot be changed.`);

function failed(path: string, why: string): Problem {
  if (/permission denied|not permitted/i.test(why)) return denied(path);
  if (/read-only file system/i.test(why)) return readOnly(path);
  if (/no space left|quota exceeded/i.test(why)) {
    return conflict(`The disk of the space is full, so "${path}" was not changed. df -h in run_command shows it.`);
  }
  return new Problem("runtime_failed", `The space could not do this with "${path}": ${why}.`);
}

function changed(path: string, sha256: string): Problem {
  return sha256 === "none"
    ? new Problem("conflict", `"${path}" does not exist, so it has no content that if_match could fit.`)
    : new Problem("conflict", `"${path}" has changed: its SHA-256 is now ${sha256}. Read it again before you write.`, {
        extra: { sha256 },
      });
}

type Paths = { readonly path: string; readonly to?: string | undefined };

/** The problem a script ended with. */
export function refusalOf(exit_code: number | null, { path, to = "" }: Paths, said: string, errors: string): Problem {
  const why = errors.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
  const known = exit_code === null ? undefined : refusals[exit_code];
  if (known !== undefined) return known({ path: brief(path), to: brief(to), said: said.trim(), why });
  if (exit_code === 126 || exit_code === 127) {
    return new Problem(
      "runtime_failed",
      `The image of this space lacks a program that file operations need (sh, stat, find, head, tail): ${why}. Choose an image with busybox or coreutils.`,
    );
  }
  const end = exit_code === null ? "was killed" : `ended with status ${exit_code}`;
  return new Problem("runtime_failed", `The command behind this operation ${end}: ${why || "it said nothing"}.`);
}

const brief = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}...` : path);
