import type { CliOptions } from "../cli/cli.ts";
import { openapiOf } from "../rest/openapi.ts";
import { cliMarkdown } from "./cli-markdown.ts";
import { operationsMarkdown } from "./operations-markdown.ts";
import { permissionsMarkdown, problemsMarkdown } from "./tables-markdown.ts";
import { toolsMarkdown } from "./tools-markdown.ts";

/** A file that is written from the code: its path from the root of the project, and its text. */
export type GeneratedFile = { readonly path: string; readonly text: () => string };

/** The reference of a program with these operations. Files of other packages, such as the configuration's, come as `further`. */
export function referenceFiles(options: CliOptions, further: readonly GeneratedFile[] = []): readonly GeneratedFile[] {
  const { operations } = options;
  return [
    { path: "docs/reference/operations.md", text: () => operationsMarkdown(operations) },
    {
      path: "docs/reference/openapi.json",
      text: () => `${JSON.stringify(openapiOf(operations, options.version), null, 2)}\n`,
    },
    { path: "docs/reference/problems.md", text: () => problemsMarkdown(operations) },
    { path: "docs/reference/permissions.md", text: () => permissionsMarkdown(operations) },
    { path: "docs/reference/cli.md", text: () => cliMarkdown(options) },
    { path: "docs/reference/tools.md", text: () => toolsMarkdown(operations) },
    ...further,
  ];
}
