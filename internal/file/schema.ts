import { z } from "zod";

const fileTypes = ["file", "directory", "symlink", "pipe", "socket", "device"] as const;
export type FileType = (typeof fileTypes)[number];

/** One thing in a directory. */
export const FileEntry = z
  .object({
    path: z.string().describe("Where it is: absolute, or below the directory that was asked for"),
    type: z.enum(fileTypes).describe("What it is; a symlink is not followed"),
    size_bytes: z.number().int().describe("Its size, in bytes"),
    mode: z.string().describe("Its permissions in octal, such as 0644"),
    modified_at: z.number().int().describe("When its content last changed, in milliseconds since 1970 UTC"),
  })
  .meta({ id: "FileEntry" });

export type FileEntry = z.output<typeof FileEntry>;

/** A line that grep found. */
export const FoundLine = z
  .object({
    file: z.string().describe("The file"),
    line: z.number().int().describe("The number of the line; the first is 1"),
    text: z.string().describe("The line, cut after 500 characters"),
    is_match: z.boolean().describe("Whether it matches; false for lines of context"),
  })
  .meta({ id: "FoundLine" });

export type FoundLine = z.output<typeof FoundLine>;

export const FileContent = z
  .object({
    content: z.string().describe("The content, or the part that was asked for"),
    encoding: z.enum(["utf8", "base64"]).describe("How content is to be understood"),
    size_bytes: z.number().int().describe("The size of the whole file, in bytes"),
    sha256: z
      .string()
      .nullable()
      .describe("SHA-256 of the whole file, for if_match; null for large files unless it was asked for"),
    returned_bytes: z.number().int().describe("How many bytes of the file content stands for"),
    cut: z.boolean().describe("Whether the file goes on behind this part"),
    next_offset: z
      .number()
      .int()
      .nullable()
      .describe("Where it goes on: give it as offset_lines when you asked for lines, else as offset_bytes"),
    note: z.string().nullable().describe("What to know about this part, such as bytes that are no text"),
  })
  .meta({ id: "FileContent" });

export type FileContent = z.output<typeof FileContent>;

export type ReadInput = {
  readonly space: string;
  readonly path: string;
  readonly offset_bytes?: number | undefined;
  readonly offset_lines?: number | undefined;
  readonly limit_lines?: number | undefined;
  readonly limit_bytes: number;
  readonly encoding: "utf8" | "base64";
  readonly hash: boolean;
};

export type WriteInput = {
  readonly space: string;
  readonly path: string;
  readonly content: string;
  readonly encoding: "utf8" | "base64";
  readonly mode: "create" | "overwrite" | "append";
  readonly if_match?: string | undefined;
  readonly make_parents: boolean;
};

export type Edit = { readonly search: string; readonly replace: string; readonly expected_count: number };

export type EditInput = {
  readonly space: string;
  readonly path: string;
  readonly edits: readonly Edit[];
  readonly dry_run: boolean;
  readonly if_match?: string | undefined;
};

export type ListInput = {
  readonly space: string;
  readonly path: string;
  readonly recursive: boolean;
  readonly limit: number;
  readonly cursor?: string | undefined;
};

export type FindInput = {
  readonly space: string;
  readonly path: string;
  readonly name?: string | undefined;
  readonly type?: "file" | "directory" | "symlink" | undefined;
  readonly max_depth?: number | undefined;
  readonly modified_after?: number | undefined;
  readonly larger_than_bytes?: number | undefined;
  readonly exclude: readonly string[];
  readonly limit: number;
  readonly cursor?: string | undefined;
};

export type GrepInput = {
  readonly space: string;
  readonly path: string;
  readonly pattern: string;
  readonly literal: boolean;
  readonly ignore_case: boolean;
  readonly glob?: string | undefined;
  readonly exclude: readonly string[];
  readonly context: number;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly timeout_seconds: number;
};
