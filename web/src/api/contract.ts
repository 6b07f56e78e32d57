import type { Operations as Listed } from "../../../internal/app/operations.ts";
import type * as command from "../../../internal/command/operations.ts";
import type * as integration from "../../../internal/integration/operations.ts";
import type { Contract } from "../../../internal/operation/registry.ts";
import type * as space from "../../../internal/space/operations.ts";
import type * as template from "../../../internal/template/operations.ts";
import type * as volume from "../../../internal/volume/operations.ts";

type Soon = readonly [
  typeof space.listSpaces,
  typeof space.getSpace,
  typeof space.createSpace,
  typeof space.deleteSpace,
  typeof space.startSpace,
  typeof space.stopSpace,
  typeof space.restartSpace,
  typeof space.listSpaceEvents,
  typeof space.getSpaceLogs,
  typeof command.runCommand,
  typeof volume.listVolumes,
  typeof template.listTemplates,
  typeof template.getTemplate,
  typeof integration.listIntegrations,
];
export type Operations = Contract<readonly [...Listed, ...Soon]>;
