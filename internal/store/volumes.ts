import type { NewEvent } from "../event/schema.ts";
import { decodeCursor, type Page, type PageRequest } from "../operation/page.ts";
import type { VolumeFilter, VolumeRow, VolumeStore } from "../volume/volume-store.ts";
import { addCleanup, findIn } from "./space-rows.ts";
import type { Store } from "./store.ts";

export interface VolumesTable {
  id: string;
  space_id: string;
  space_name: string;
  user_id: string;
  username: string;
  runtime: VolumeRow["runtime"];
  name: string;
  path: string;
  attached: number;
  reserved_bytes: number;
  created_at: number;
}

export class SqlVolumes implements VolumeStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list({ viewer, space }: VolumeFilter, { limit, cursor }: PageRequest): Promise<Page<VolumeRow>> {
    const after = decodeCursor(cursor, 1)?.[0];
    const mine = this.#joined()
      .$if(!viewer.all, (query) => query.where("volumes.user_id", "=", viewer.user_id))
      .$if(space !== undefined, (query) =>
        query.where((eb) =>
          eb.or([eb("volumes.space_id", "=", space as string), eb("volumes.space_name", "=", space as string)]),
        ),
      );
    const rows = await mine
      .$if(after !== undefined, (query) => query.where("volumes.id", ">", after as string))
      .selectAll("volumes")
      .select("spaces.state as space_state")
      .orderBy("volumes.id")
      .limit(limit + 1)
      .execute();
    const { total } = await mine.select((eb) => eb.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    const items = rows.slice(0, limit).map((row) => ({ ...row, attached: row.attached === 1 }));
    const last = items.at(-1);
    return { items, total: Number(total), next: rows.length > limit && last ? [last.id] : null };
  }

  async find(id: string): Promise<VolumeRow | null> {
    const row = await this.#joined()
      .where("volumes.id", "=", id)
      .selectAll("volumes")
      .select("spaces.state as space_state")
      .executeTakeFirst();
    return row === undefined ? null : { ...row, attached: row.attached === 1 };
  }

  async delete(id: string, event: NewEvent, now: number): Promise<"deleted" | "busy" | null> {
    return this.#store.transact(async (tx) => {
      const volume = await tx.db.selectFrom("volumes").selectAll().where("id", "=", id).executeTakeFirst();
      if (volume === undefined) return null;
      const { runtime, space_id, user_id } = volume;
      const space = await findIn(tx.db, space_id);
      if (space !== null && volume.attached === 1) {
        // the empty hash makes the next start use a new generation, and so a new container and a new volume
        const { numUpdatedRows } = await tx.db
          .updateTable("spaces")
          .set({ spec_hash: "", revision: space.revision + 1, updated_at: now })
          .where("id", "=", space_id)
          .where("revision", "=", space.revision)
          .where("state", "in", ["stopped", "failed"])
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return "busy";
        const { generation } = space;
        await addCleanup(tx.db, { kind: "container", runtime, space_id, user_id, generation, volume: null }, now);
      }
      await tx.db.deleteFrom("volumes").where("id", "=", id).execute();
      await addCleanup(tx.db, { kind: "volume", runtime, space_id, user_id, generation: 0, volume: id }, now);
      await tx.event(event);
      return "deleted";
    });
  }

  #joined() {
    return this.#store.db.selectFrom("volumes").leftJoin("spaces", "spaces.id", "volumes.space_id");
  }
}
