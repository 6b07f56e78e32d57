import { z } from "zod";

export const TemplateName = z
  .string()
  .min(2)
  .max(64)
  .regex(/^[a-z][a-z0-9._-]*$/, "must start with a letter and contain only a-z, 0-9, dot, underscore and dash")
  .describe("Name of the template: 2 to 64 characters, a letter first, then a-z, 0-9, dot, underscore or dash");

export const TemplateRef = z.string().min(1).max(64).describe("Name or id of the template");

export const SpecText = z
  .string()
  .min(1)
  .max(65_536)
  .describe(
    "The template itself, in YAML. A container runs as user 1000:1000 unless it says user: root, another user, or image for the image's own; a user given by number has working_dir as HOME",
  );

export const Danger = z
  .enum(["privileged", "host_network", "host_mounts", "capabilities"])
  .describe("Something that weakens the isolation of a space");

export const Allow = z
  .array(Danger)
  .max(4)
  .describe("What the template may do that weakens isolation; needs server.manage");

export const Parameter = z
  .object({
    name: z.string().describe("Name, as create_space takes it in parameters"),
    type: z.enum(["string", "number", "boolean", "choice", "secret"]).describe("What kind of value it takes"),
    title: z.string().describe("What people call it"),
    description: z.string().describe("What it is for"),
    default: z
      .union([z.string(), z.number(), z.boolean()])
      .nullable()
      .describe("Value when none is given; null without one"),
    pattern: z.string().nullable().describe("Regular expression the whole value must match"),
    min: z.number().nullable().describe("Smallest number"),
    max: z.number().nullable().describe("Largest number"),
    choices: z.array(z.string()).nullable().describe("What can be chosen"),
    required: z.boolean().describe("Whether a value must be given"),
  })
  .meta({ id: "Parameter" });

export type Parameter = z.output<typeof Parameter>;

export const Mistake = z
  .object({
    line: z.number().int().describe("Line in the template, from 1"),
    column: z.number().int().describe("Column, from 1"),
    message: z.string().describe("What is wrong, and what was meant if that can be guessed"),
  })
  .meta({ id: "TemplateMistake" });

/** What a template comes to, before anybody has given it values. */
export const Summary = z
  .object({
    runtime: z.enum(["docker", "process"]).describe("Where its spaces run"),
    image: z.string().describe("Image they are made from"),
    memory_bytes: z.number().int().describe("Memory limit"),
    cpus: z.number().describe("CPU limit"),
    network: z.enum(["own", "none", "host"]).describe("What they can reach"),
    ports: z
      .array(
        z.object({
          name: z.string().describe("Name"),
          port: z.number().int().describe("Port number inside the space"),
          protocol: z.enum(["tcp", "http", "https"]).describe("What is spoken on it"),
        }),
      )
      .describe("Ports they offer"),
    volumes: z
      .array(z.object({ name: z.string().describe("Name"), path: z.string().describe("Where it is mounted") }))
      .describe("What outlives their container"),
    parameters: z.array(Parameter).describe("What create_space can be given"),
  })
  .meta({ id: "TemplateSummary" });

export type Summary = z.output<typeof Summary>;

export const Template = z
  .object({
    id: z.string().describe("Id of the template"),
    name: z.string().describe("Name"),
    description: z.string().describe("What it is for"),
    icon: z.string().nullable().describe("Icon, if it has one"),
    active: z.boolean().describe("Whether spaces can be made from it"),
    group_ids: z.array(z.string()).describe("Groups that may use it; empty for everyone with templates.use"),
    version: z.number().int().describe("Newest version; grows with every change of the spec"),
    allow: z.array(Danger).describe("What weakens isolation and is allowed to it"),
    ...Summary.shape,
    spec: z.string().nullable().describe("The template in YAML; null for those who may only use it"),
    created_at: z.number().int().describe("When it was created, in milliseconds since 1970 UTC"),
    updated_at: z.number().int().describe("When it last changed"),
  })
  .meta({ id: "Template" });

export type Template = z.output<typeof Template>;

export const TemplateVersion = z
  .object({
    version: z.number().int().describe("Number of the version"),
    spec: z.string().describe("The template in YAML as it was then"),
    allow: z.array(Danger).describe("What weakens isolation and is allowed to this version"),
    created_by: z.string().describe("User name of its author"),
    created_at: z.number().int().describe("When it was made, in milliseconds since 1970 UTC"),
  })
  .meta({ id: "TemplateVersion" });

export type TemplateVersion = z.output<typeof TemplateVersion>;
