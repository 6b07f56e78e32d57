import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import type { Files } from "./file.ts";
import { FileContent, FileEntry, FoundLine } from "./schema.ts";

type Needs<Method extends keyof Files> = { readonly files: Pick<Files, Method> };

const space = z.string().min(1).max(200).describe("The space, by name or id; somebody else's as username/name");
const path = z.string().min(1).max(4096).describe("Path in the space: absolute, or below its working directory; not ~");
const from = path.default(".").describe("Where to begin: absolute, or below the space's working directory");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "is not a SHA-256 in hex");
const if_match = sha256.optional().describe("Only if the file's SHA-256 is still this one, as read_file told it");
const encoding = z.enum(["utf8", "base64"]).default("utf8");
const count = (low: number, high: number) => z.coerce.number().int().min(low).max(high);
/** A cursor holds a path. */
const page = {
  ...pageInput,
  cursor: z
    .string()
    .max(8192)
    .optional()
    .describe(pageInput.cursor.description ?? ""),
};
const exclude = z.array(z.string().min(1).max(255)).max(50);
const glob = z.string().min(1).max(255).optional();
const offset = count(0, Number.MAX_SAFE_INTEGER).optional();

export const readFile = operation({
  name: "read_file",
  title: "Read file",
  description:
    "Read a file of a running space, or a part of it by lines or bytes. Says the size and SHA-256 of the whole file and where to go on.",
  effect: "read",
  idempotent: true,
  permission: "spaces.files",
  input: z.strictObject({
    space,
    path,
    offset_lines: offset.describe("How many lines to skip; grep's line n is read with n - 1"),
    limit_lines: count(1, 1_000_000).optional().describe("How many lines to return at most"),
    offset_bytes: offset.describe("How many bytes to skip; does not go together with lines"),
    limit_bytes: count(1, 262_144).default(16_384).describe("How many bytes to return at most, 1 to 262144"),
    encoding: encoding.describe(
      "How to return the content; base64 for what is not text: binary files are refused as utf8",
    ),
    hash: z.boolean().default(false).describe("Compute the SHA-256 of a large file, too; above 16 MiB it is left out"),
  }),
  output: FileContent,
  problems: ["not_found", "conflict", "timed_out", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/files/content",
  tool: { visibility: "native", keywords: ["cat", "open", "view", "show", "content", "head", "tail", "lines"] },
  command: { words: ["file", "read"], args: ["space", "path"] },
  label: ({ space, path }) => `Read "${path}" in space "${space}"`,
  run: (call, input, { files }: Needs<"read">) => files.read(call, input),
});

export const writeFile = operation({
  name: "write_file",
  title: "Write file",
  description:
    "Create, overwrite or append to a file of a running space. A reader sees the old content or the new, never a half. Keeps the mode of a file that exists.",
  effect: "write",
  idempotent: false,
  permission: "spaces.files",
  input: z.strictObject({
    space,
    path,
    content: z.string().max(8_388_608).describe("What to write"),
    encoding: encoding.describe("How to understand content; base64 for what is not text"),
    mode: z
      .enum(["create", "overwrite", "append"])
      .default("overwrite")
      .describe("create: only if it does not exist; overwrite: replace it; append: add to its end"),
    if_match,
    make_parents: z.boolean().default(false).describe("Also create the directories it is in"),
  }),
  output: z.object({
    bytes_written: z.number().int().describe("How many bytes were written"),
    sha256: z
      .string()
      .nullable()
      .describe("SHA-256 of the file as it is now; null after an append to more than 16 MiB"),
  }),
  problems: ["not_found", "conflict", "too_large", "timed_out", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/files/content",
  method: "PUT",
  tool: { visibility: "native", keywords: ["save", "create", "append", "upload", "put"] },
  command: { words: ["file", "write"], args: ["space", "path", "content"] },
  label: ({ space, path, mode, content }) =>
    `${mode === "append" ? "Append to" : mode === "create" ? "Create" : "Write"} "${path}" in space "${space}" (${content.length} characters)`,
  run: (call, input, { files }: Needs<"write">) => files.write(call, input),
});

export const editFile = operation({
  name: "edit_file",
  title: "Edit file",
  description:
    "Replace exact pieces of a text file of a running space, up to 10 MiB. All edits are applied one after the other, or none. " +
    "Answers with a diff. Where every line ends with CR LF, \\n in search and replace means that.",
  effect: "write",
  idempotent: false,
  permission: "spaces.files",
  input: z.strictObject({
    space,
    path,
    edits: z
      .array(
        z.strictObject({
          search: z.string().min(1).max(1_000_000).describe("The exact text to replace, with its white space"),
          replace: z.string().max(1_000_000).describe("What to put there"),
          expected_count: count(1, 10_000_000)
            .default(1)
            .describe("How often search has to be there; all are replaced"),
        }),
      )
      .min(1)
      .max(100)
      .describe("What to replace"),
    dry_run: z.boolean().default(false).describe("Only show what would change"),
    if_match,
  }),
  output: z.object({
    counts: z.array(z.number().int()).describe("How many pieces each edit replaced"),
    diff: z.string().describe("What changed, as a unified diff; a long one is cut"),
    written: z.boolean().describe("Whether the file was changed"),
    bytes_written: z.number().int().describe("The size of the new content, in bytes; 0 when nothing was written"),
    sha256: z.string().describe("SHA-256 of the file as it is now"),
  }),
  problems: ["not_found", "conflict", "too_large", "timed_out", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/files/content",
  method: "PATCH",
  tool: { visibility: "native", keywords: ["replace", "change", "patch", "sed", "modify", "update"] },
  command: { words: ["file", "edit"], args: ["space", "path"] },
  label: ({ space, path, edits }) =>
    `Edit "${path}" in space "${space}" (${edits.length === 1 ? "1 edit" : `${edits.length} edits`})`,
  run: (call, input, { files }: Needs<"edit">) => files.edit(call, input),
});

export const listFiles = operation({
  name: "list_files",
  title: "List files",
  description:
    "List a directory of a running space, in the order of names: type, size, mode and age of everything in it.",
  effect: "read",
  idempotent: true,
  permission: "spaces.files",
  input: z.strictObject({
    space,
    path: from,
    recursive: z.boolean().default(false).describe("Also list what is in its directories"),
    ...page,
  }),
  output: z.object({
    entries: z.array(FileEntry).describe("What is there; paths are below the directory that was asked for"),
    ...pageOutput,
  }),
  problems: ["not_found", "conflict", "timed_out", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/files",
  tool: { visibility: "native", keywords: ["ls", "dir", "directory", "folder", "tree", "stat"] },
  command: { words: ["file", "list"], args: ["space", "path"] },
  label: ({ space, path }) => `List "${path}" in space "${space}"`,
  run: (call, input, { files }: Needs<"list">) => files.list(call, input),
});

export const find = operation({
  name: "find",
  title: "Find files",
  description:
    "Find files and directories of a running space by name, type, depth, age and size, in the order of paths.",
  effect: "read",
  idempotent: true,
  permission: "spaces.files",
  input: z.strictObject({
    space,
    path: from,
    name: glob.describe("Shell pattern for the name, such as *.ts; with a slash for the end of the path: src/**/*.ts"),
    type: z.enum(["file", "directory", "symlink"]).optional().describe("Only these"),
    max_depth: count(0, 100).optional().describe("How deep to look: 1 is what is directly in path"),
    modified_after: count(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe("Only what changed after this time, in milliseconds since 1970 UTC"),
    larger_than_bytes: count(0, Number.MAX_SAFE_INTEGER).optional().describe("Only what is larger, in bytes"),
    exclude: exclude.default([]).describe("Names of directories not to look into, such as node_modules"),
    ...page,
  }),
  output: z.object({
    entries: z.array(FileEntry).describe("What was found; paths begin with the path that was asked for"),
    ...pageOutput,
    note: z.string().optional().describe("Present when the search took too long to see everything"),
  }),
  problems: ["not_found", "conflict", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/files/find",
  tool: { visibility: "native", keywords: ["locate", "search", "glob", "name", "where"] },
  command: { words: ["file", "find"], args: ["space", "path"] },
  label: ({ space, path, name }) =>
    `Find ${name === undefined ? "files" : `"${name}"`} below "${path}" in space "${space}"`,
  run: (call, input, { files }: Needs<"find">) => files.find(call, input),
});

export const grep = operation({
  name: "grep",
  title: "Search in files",
  description:
    "Search the text files of a running space for lines that match an extended regular expression (grep -E; \\d, \\w, \\s and \\b work too) or a plain text. " +
    "Files come in the order of paths; binary ones (with NUL bytes) and those the space's user may not read are passed over.",
  effect: "read",
  idempotent: true,
  permission: "spaces.files",
  input: z.strictObject({
    space,
    pattern: z.string().min(1).max(4096).describe("What to search for, within one line"),
    path: from.describe("File or directory to search in: absolute, or below the space's working directory"),
    literal: z.boolean().default(false).describe("The pattern is plain text, not a regular expression"),
    ignore_case: z.boolean().default(false).describe("Upper and lower case of a to z are the same"),
    glob: glob.describe("Only files whose name fits, such as *.ts; with a slash for the end of the path: src/**/*.ts"),
    exclude: exclude
      .default([".git", "node_modules"])
      .describe("Names of directories not to search, unless path names them; [] searches all"),
    context: count(0, 10).default(0).describe("How many lines around each match to return, 0 to 10"),
    limit: count(1, 1000).default(100).describe("How many matching lines to return at most, 1 to 1000"),
    cursor: page.cursor,
    timeout_seconds: count(1, 300).default(30).describe("Stop after so many seconds with what was found, 1 to 300"),
  }),
  output: z.object({
    matches: z.array(FoundLine).describe("The lines, with those around them if asked for"),
    returned: z.number().int().describe("How many lines matched, in text files only: binary ones are passed over"),
    truncated: z.boolean().describe("Whether there may be more"),
    next_cursor: z.string().nullable().describe("Give this as cursor to go on behind the last line here; or null"),
    timed_out: z.boolean().describe("Whether the time was over before everything was searched"),
    note: z.string().optional().describe("Present when the time was over: what to do about it"),
  }),
  problems: ["not_found", "conflict", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/files/grep",
  tool: { visibility: "native", keywords: ["search", "rg", "ripgrep", "text", "regex", "match", "lines", "code"] },
  command: { words: ["file", "grep"], args: ["space", "pattern", "path"] },
  label: ({ space, path, pattern }) => `Search for ${JSON.stringify(pattern)} below "${path}" in space "${space}"`,
  run: (call, input, { files }: Needs<"grep">) => files.grep(call, input),
});

export const deleteFile = operation({
  name: "delete_file",
  title: "Delete file",
  description:
    "Delete a file, a link or an empty directory of a running space; with recursive, a directory and all in it.",
  effect: "destroy",
  idempotent: false,
  permission: "spaces.files",
  input: z.strictObject({
    space,
    path,
    recursive: z.boolean().default(false).describe("Also delete a directory that is not empty"),
    confirm: z.boolean().default(false).describe("Needed to delete a directory that is not empty"),
  }),
  output: z.object({ deleted: z.boolean().describe("Whether it is gone") }),
  problems: ["not_found", "conflict", "confirmation_required", "timed_out", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/files",
  tool: { visibility: "native", keywords: ["rm", "remove", "unlink", "rmdir", "directory"] },
  command: { words: ["file", "delete"], args: ["space", "path"] },
  label: ({ space, path, recursive }) => `Delete "${path}"${recursive ? " and all in it" : ""} in space "${space}"`,
  run: (call, input, { files }: Needs<"delete">) => files.delete(call, input),
});

export const moveFile = operation({
  name: "move_file",
  title: "Move file",
  description: "Move or rename a file or directory within a running space. Replaces nothing unless told to.",
  effect: "write",
  idempotent: false,
  permission: "spaces.files",
  input: z.strictObject({
    space,
    path,
    to: path.describe("The whole new path, ending with the new name"),
    overwrite: z.boolean().default(false).describe("Replace a file that is there already"),
  }),
  output: z.object({ moved: z.boolean().describe("Whether it is at its new place") }),
  problems: ["not_found", "conflict", "timed_out", "runtime_unavailable", "runtime_failed"],
  path: "/spaces/{space}/files/move",
  method: "POST",
  tool: { visibility: "native", keywords: ["mv", "rename"] },
  command: { words: ["file", "move"], args: ["space", "path", "to"] },
  label: ({ space, path, to }) => `Move "${path}" to "${to}" in space "${space}"`,
  run: (call, input, { files }: Needs<"move">) => files.move(call, input),
});
