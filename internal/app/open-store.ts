import { join } from "node:path";
import { ConfigError } from "../config/config.ts";
import type { Config } from "../config/schema.ts";
import { Problem } from "../problem/problem.ts";
import { Vault } from "../secret/secret.ts";
import { SqlInstallation } from "../store/installation.ts";
import { openStore, type Store, StoreTooNew, StoreUnavailable } from "../store/store.ts";
import type { DataDir } from "./data-dir.ts";

type Data = Pick<DataDir, "path" | "database" | "key" | "instance_id">;

/**
 * SQLite in the data folder, or the PostgreSQL of the configuration, when it is this installation's. Throws
 * ConfigError with the reason and the next step when that is not so or it cannot be opened, and `unavailable` when
 * waiting or making room can help; the text holds no password.
 */
export async function openConfiguredStore(config: Config, data: Data): Promise<Store> {
  const store = await openReadable(config, data);
  try {
    await refuseAnother(store, data, config.server.encrypt !== "");
    return store;
  } catch (thrown) {
    await store[Symbol.asyncDispose]();
    throw thrown;
  }
}

/** Goes on with the key at hand where the former is lost: what that one sealed stays sealed. */
export async function takeNewKey(config: Config, data: Data): Promise<void> {
  await using store = await openReadable(config, data);
  const installation = new SqlInstallation(store);
  const { key } = data;
  await installation.claim(claimOf(data));
  await installation.setKey(new Vault(key).key_id);
}

const claimOf = ({ key, instance_id }: Data) => ({ instance_id, key_id: new Vault(key).key_id });

async function refuseAnother(store: Store, data: Data, isConfigured: boolean): Promise<void> {
  const own = claimOf(data);
  const actual = await new SqlInstallation(store).claim(own);
  const instance = join(data.path, "instance");
  if (actual.instance_id !== own.instance_id)
    throw mistake(
      instance,
      `is not of this database, which belongs to the installation ${actual.instance_id}; restore the file from your backup, or, when this is the only daemon with that database, run: echo ${actual.instance_id} > ${instance}`,
    );
  if (actual.key_id !== own.key_id)
    throw mistake(
      isConfigured ? "server.encrypt" : join(data.path, "knot.key"),
      "is not the key that what is secret in the database is sealed with; restore it from your backup, or, when it is lost, run: knot admin new-key",
    );
}

async function openReadable(config: Config, data: Data): Promise<Store> {
  const { url } = config.server.postgres;
  const isPostgres = url !== "";
  const place = isPostgres ? "PostgreSQL" : data.database;
  const key = isPostgres ? "server.postgres.url" : "";
  try {
    return await openStore(isPostgres ? { kind: "postgres", url } : { kind: "sqlite", path: data.database });
  } catch (thrown) {
    if (thrown instanceof StoreTooNew)
      throw mistake(place, "was brought up to date by a newer knot; start that one, or restore the backup of before");
    if (!(thrown instanceof StoreUnavailable)) throw thrown;
    const reason = reasonOf(thrown.cause);
    const what = isPostgres ? "cannot be used" : "cannot be opened as a database";
    const step = isPostgres ? postgresStep(reason) : sqliteStep(reason);
    if (mayPass.test(reason.code))
      throw new Problem("unavailable", `${place} ${what}: ${reason.text}; ${step}.`, { cause: thrown });
    throw new ConfigError([{ place, key, message: `${what}: ${reason.text}; ${step}` }]);
  }
}

/** What starting again later can mend: no room, a lock, no answer (PostgreSQL's classes 08, 53 and 57). */
const mayPass = /^(SQLITE_(FULL|BUSY|IOERR)|ENOSPC|EDQUOT|E(CONN|HOST|NET|TIMEDOUT|AI_AGAIN)|ENOENT|08|53|57)/;

type Reason = { readonly code: string; readonly text: string };

/** A name with several addresses fails with an AggregateError that has a code and no text. */
function reasonOf(cause: unknown): Reason {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const inner = cause instanceof AggregateError ? cause.errors.map((error) => (error as Error).message).join(", ") : "";
  const text = (cause as Error).message || inner || code;
  return { code, text: (text.split("\n")[0] ?? "").replace(/[.;]$/, "") };
}

function sqliteStep({ code }: Reason): string {
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return "restore it from your backup";
  if (/^(SQLITE_(FULL|IOERR)|ENOSPC|EDQUOT)/.test(code)) return "free some space on that disk and start again";
  if (/^SQLITE_BUSY/.test(code)) return "end the program that holds it and start again";
  return "make it a file that this user may read and write";
}

function postgresStep({ code }: Reason): string {
  if (/^28/.test(code)) return "correct the user and the password in server.postgres.url";
  if (code === "3D000") return "create that database, or name another in server.postgres.url";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "correct its host name in server.postgres.url";
  return "start PostgreSQL there, or correct server.postgres.url";
}

const mistake = (place: string, message: string) => new ConfigError([{ place, key: "", message }]);
