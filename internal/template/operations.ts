import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { pageInput, pageOutput } from "../operation/page.ts";
import { Allow, Mistake, SpecText, Summary, Template, TemplateName, TemplateRef, TemplateVersion } from "./schema.ts";
import type { Templates } from "./template.ts";

type Needs<Method extends keyof Templates> = { templates: Pick<Templates, Method> };

const Description = z.string().max(500).describe("What the template is for; the description of the spec when left out");
const Groups = z.array(z.string().max(64)).max(100).describe("Ids of groups that may use it; empty for everyone");

export const listTemplates = operation({
  name: "list_templates",
  title: "List templates",
  description: "List the templates one can create spaces from, with their parameters.",
  effect: "read",
  idempotent: true,
  permission: "templates.use",
  input: z.object({
    query: z.string().max(100).optional().describe("Only those whose name or description contains this"),
    ...pageInput,
  }),
  output: z.object({ templates: z.array(Template).describe("The templates, by name"), ...pageOutput }),
  problems: [],
  path: "/templates",
  tool: { visibility: "native", keywords: ["template", "blueprint", "image", "environment", "available", "catalog"] },
  command: { words: ["template", "list"], args: [] },
  label: () => "List templates",
  run: (call, input, { templates }: Needs<"list">) => templates.list(call, input),
});

export const getTemplate = operation({
  name: "get_template",
  title: "Get template",
  description: "Get one template: what its spaces are made of and which parameters create_space takes for it.",
  effect: "read",
  idempotent: true,
  permission: "templates.use",
  input: z.object({ template: TemplateRef }),
  output: z.object({ template: Template.describe("The template") }),
  problems: ["not_found"],
  path: "/templates/{template}",
  tool: { visibility: "native", keywords: ["template", "details", "parameters", "options", "spec", "yaml"] },
  command: { words: ["template", "get"], args: ["template"] },
  label: ({ template }) => `Look at template "${template}"`,
  run: async (call, input, { templates }: Needs<"get">) => ({ template: await templates.get(call, input) }),
});

export const createTemplate = operation({
  name: "create_template",
  title: "Create template",
  description:
    "Create a template from YAML. Every mistake is reported with line and column; validate_template checks without creating.",
  effect: "write",
  idempotent: false,
  creates: true,
  permission: "templates.manage",
  input: z.object({
    name: TemplateName.optional().describe("Name of the template; the name of the spec when left out"),
    description: Description.optional(),
    spec: SpecText,
    group_ids: Groups.default([]),
    active: z.boolean().default(true).describe("Whether spaces can be made from it"),
    allow: Allow.default([]),
  }),
  output: z.object({ template: Template.describe("The new template") }),
  problems: ["forbidden", "conflict"],
  path: "/templates",
  tool: { visibility: "discoverable", keywords: ["template", "new", "define", "blueprint", "yaml"] },
  command: { words: ["template", "create"], args: ["name"] },
  label: ({ name }) => (name === undefined ? "Create the template that its spec names" : `Create template "${name}"`),
  run: async (call, input, { templates }: Needs<"create">) => ({ template: await templates.create(call, input) }),
});

export const updateTemplate = operation({
  name: "update_template",
  title: "Update template",
  description:
    "Change a template. A new spec makes a new version; spaces stay on theirs until update_space moves them to the latest.",
  effect: "write",
  idempotent: true,
  permission: "templates.manage",
  method: "PATCH",
  input: z.object({
    template: TemplateRef,
    name: TemplateName.optional().describe("New name"),
    description: Description.optional(),
    spec: SpecText.optional(),
    group_ids: Groups.optional(),
    active: z.boolean().optional().describe("Whether spaces can be made from it"),
    allow: Allow.optional(),
  }),
  output: z.object({ template: Template.describe("The template as it is now") }),
  problems: ["not_found", "forbidden", "conflict"],
  path: "/templates/{template}",
  tool: {
    visibility: "discoverable",
    keywords: ["template", "edit", "change", "version", "yaml", "activate", "share"],
  },
  command: { words: ["template", "update"], args: ["template"] },
  label: ({ template }) => `Change template "${template}"`,
  run: async (call, input, { templates }: Needs<"update">) => ({ template: await templates.update(call, input) }),
});

export const deleteTemplate = operation({
  name: "delete_template",
  title: "Delete template",
  description: "Delete a template with all its versions. Refused while spaces are made from it.",
  effect: "destroy",
  idempotent: true,
  permission: "templates.manage",
  input: z.object({
    template: TemplateRef,
    confirm: z.boolean().default(false).describe("Must be true; it cannot be undone"),
  }),
  output: z.object({ deleted: z.boolean().describe("Whether it is gone") }),
  problems: ["not_found", "conflict", "confirmation_required"],
  path: "/templates/{template}",
  tool: { visibility: "discoverable", keywords: ["template", "remove", "destroy"] },
  command: { words: ["template", "delete"], args: ["template"] },
  confirms: true,
  label: ({ template }) => `Delete template "${template}"`,
  run: (call, input, { templates }: Needs<"delete">) => templates.delete(call, input),
});

export const validateTemplate = operation({
  name: "validate_template",
  title: "Validate template",
  description: "Check a template in YAML and report every mistake with line and column. Changes nothing.",
  effect: "read",
  idempotent: true,
  permission: "templates.manage",
  method: "POST",
  input: z.object({
    spec: SpecText,
    template: TemplateRef.optional().describe("The template this would be a new spec of: what it is allowed counts"),
  }),
  output: z.object({
    valid: z.boolean().describe("Whether it has no mistake"),
    mistakes: z.array(Mistake).describe("All that is wrong, in order"),
    summary: Summary.nullable().describe("What it comes to; null when it has mistakes"),
  }),
  problems: ["not_found"],
  path: "/templates/validate",
  tool: { visibility: "discoverable", keywords: ["template", "check", "lint", "verify", "yaml"] },
  command: { words: ["template", "validate"], args: [] },
  label: () => "Check a template",
  run: (call, input, { templates }: Needs<"validate">) => templates.validate(call, input),
});

export const listTemplateVersions = operation({
  name: "list_template_versions",
  title: "List template versions",
  description: "List every version of a template with its text and author, newest first.",
  effect: "read",
  idempotent: true,
  permission: "templates.manage",
  input: z.object({ template: TemplateRef, ...pageInput }),
  output: z.object({ versions: z.array(TemplateVersion).describe("The versions, newest first"), ...pageOutput }),
  problems: ["not_found"],
  path: "/templates/{template}/versions",
  tool: { visibility: "discoverable", keywords: ["template", "history", "versions", "changes", "rollback"] },
  command: { words: ["template", "versions"], args: ["template"] },
  label: ({ template }) => `List the versions of template "${template}"`,
  run: (call, input, { templates }: Needs<"versions">) => templates.versions(call, input),
});
