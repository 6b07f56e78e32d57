import { Problem } from "../problem/problem.ts";

/** What the statuses of the scripts mean. `said` is what the script printed, `why` the last line of its errors. */
const refusals: Readonly<Record<number, (path: string, said: string, why: string) => Problem>> = {
  40: (path) => new Problem("not_found", `There is no "${path}" in the space. list_files and find show what is there.`),
  41: (path) => conflict(`"${path}" is a directory. list_files shows what is in it.`),
  42: (path) => conflict(`"${path}" is a device, a pipe or a socket; only regular files can be read and written.`),
  43: (path) => conflict(`The user of the space may not do this with "${path}". Its owner and mode are in list_files.`),
  44: (path) => conflict(`A part of "${path}" is a file where a directory is needed.`),
  45: (path) => conflict(`"${path}" leads in a circle: its symbolic links point at each other.`),
  46: (path) => invalid(`"${path}" is longer than the file system of the space allows.`),
  47: (path) => conflict(`"${path}" exists already.`),
  48: (path) =>
    new Problem("not_found", `The directory of "${path}" does not exist. Create it first, or ask for parents.`),
  49: (path, said) => changed(path, said),
  50: (path) =>
    new Problem("runtime_failed", `Not all of the content for "${path}" arrived. Nothing was changed; try again.`),
  51: (path, _said, why) => new Problem("runtime_failed", `The space could not do this with "${path}": ${why}.`),
  52: (path) => conflict(`The directory "${path}" is not empty. Give recursive to delete it with what is in it.`),
  53: (path) => conflict(`"${path}" is a directory. Name the whole new path, ending with the new name.`),
  54: (path) => conflict(`"${path}" is not a directory. read_file reads it.`),
  55: (_path, _said, why) =>
    invalid(`/pattern: is no extended regular expression: ${why}. Give literal to search for plain text.`),
  56: (path) => conflict(`"${path}" is a binary file (it has NUL bytes). grep -a in run_command searches it anyway.`),
};

const conflict = (detail: string): Problem => new Problem("conflict", detail);
const invalid = (detail: string): Problem => new Problem("invalid_input", detail);

function changed(path: string, sha256: string): Problem {
  return sha256 === "none"
    ? new Problem("conflict", `"${path}" does not exist, so it has no content that if_match could fit.`)
    : new Problem("conflict", `"${path}" has changed: its SHA-256 is now ${sha256}. Read it again before you write.`, {
        extra: { sha256 },
      });
}

/** The problem a script ended with. */
export function refusalOf(exit_code: number | null, path: string, said: string, errors: string): Problem {
  const why = errors.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
  const known = exit_code === null ? undefined : refusals[exit_code];
  if (known !== undefined) return known(path, said.trim(), why);
  if (exit_code === 126 || exit_code === 127) {
    return new Problem(
      "runtime_failed",
      `The image of this space lacks a program that file operations need (sh, stat, find, head, tail): ${why}. Choose an image with busybox or coreutils.`,
    );
  }
  const end = exit_code === null ? "was killed" : `ended with status ${exit_code}`;
  return new Problem("runtime_failed", `The command behind this operation ${end}: ${why || "it said nothing"}.`);
}
