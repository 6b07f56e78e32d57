import type { Call } from "../operation/call.ts";
import type { SpaceTemplates } from "./ports.ts";
import type { SpaceFinder } from "./space-finder.ts";

type Input = { readonly template: string } | { readonly space: string };

/** JSON Pointers to the secret parameters in what creating and updating a space take. Throws `not_found`. */
export async function secretFields(
  { templates, finder }: { templates: SpaceTemplates; finder: SpaceFinder },
  call: Call,
  input: Input,
): Promise<readonly string[]> {
  const versions =
    "template" in input ? [await newest(templates, call, input.template)] : await bothOf(finder, call, input.space);
  const names = await Promise.all(versions.map((version) => templates.secretsOf(version)));
  return [...new Set(names.flat())].map((name) => `/parameters/${name}`);
}

async function newest(templates: SpaceTemplates, call: Call, ref: string) {
  const { id, version } = await templates.choose(call, ref);
  return { template_id: id, template_version: version };
}

/** A space may move to the newest version in the same call. */
async function bothOf(finder: SpaceFinder, call: Call, ref: string) {
  const { template_id, template_version, template_latest } = await finder.find(call, ref);
  return [template_version, template_latest].map((version) => ({ template_id, template_version: version }));
}
