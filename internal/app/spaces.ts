import { Commands } from "../command/command.ts";
import type { Config } from "../config/schema.ts";
import { Files } from "../file/file.ts";
import type { Vault } from "../secret/secret.ts";
import { openSpaces } from "../space/open-spaces.ts";
import type { Runtime } from "../space/runtime.ts";
import { SqlSpaces } from "../store/spaces.ts";
import type { Store } from "../store/store.ts";
import { SqlTemplates } from "../store/templates.ts";
import { SqlVolumes } from "../store/volumes.ts";
import { Templates } from "../template/template.ts";
import { Volumes } from "../volume/volume.ts";
import type { Identity } from "./identity.ts";

type Deps = {
  readonly store: Store;
  readonly vault: Vault;
  readonly runtimes: ReadonlyMap<string, Runtime>;
  readonly identity: Identity;
  readonly config: Config["server"];
  readonly url: string;
  readonly onError: (what: string, cause: unknown) => void;
  readonly onNotice: (text: string) => void;
};

/** Templates, spaces and what is done in them. Nothing moves by itself before `keeper.reconciler.start()`. */
export function createSpaces({ store, vault, runtimes, identity, config, url, onError, onNotice }: Deps) {
  const rows = new SqlSpaces(store);
  const templates = new Templates({
    store: new SqlTemplates(store),
    variables: { all: async () => config.variables },
    images: { allowed: config.templates.allowed_images, pinned: config.templates.pinned_images },
    url,
    now: Date.now,
  });
  const keeper = openSpaces({
    store: rows,
    runtimes,
    templates,
    quotas: identity.users,
    owners: identity.users,
    vault,
    onError,
    onNotice,
  });
  const { spaces } = keeper;
  const volumes = new Volumes({
    store: new SqlVolumes(store),
    tidy: (spaceId) => spaces.tidy(spaceId),
    orphaned: () => keeper.orphans.list(),
    now: Date.now,
  });
  return {
    templates,
    spaces,
    volumes,
    commands: new Commands({ spaces }),
    files: new Files({ spaces }),
    keeper,
    stores: { spaces: rows },
  };
}
