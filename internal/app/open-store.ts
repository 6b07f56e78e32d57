import { ConfigError } from "../config/config.ts";
import type { Config } from "../config/schema.ts";
import { openStore, type Store, StoreUnavailable } from "../store/store.ts";
import type { DataDir } from "./data-dir.ts";

/**
 * SQLite in the data folder, or the PostgreSQL of the configuration. Throws ConfigError with the reason and the next
 * step when it cannot be opened; the text holds no password.
 */
export async function openConfiguredStore(config: Config, data: Pick<DataDir, "database">): Promise<Store> {
  const { url } = config.server.postgres;
  try {
    return await openStore(url === "" ? { kind: "sqlite", path: data.database } : { kind: "postgres", url });
  } catch (thrown) {
    if (!(thrown instanceof StoreUnavailable)) throw thrown;
    const reason = reasonOf(thrown.cause);
    throw new ConfigError([
      url === ""
        ? {
            place: data.database,
            key: "",
            message: `cannot be opened as a database: ${reason.text}; ${sqliteStep(reason)}`,
          }
        : {
            place: "PostgreSQL",
            key: "server.postgres.url",
            message: `cannot be used: ${reason.text}; ${postgresStep(reason)}`,
          },
    ]);
  }
}

type Reason = { readonly code: string; readonly text: string };

/** A name with several addresses fails with an AggregateError that has a code and no text. */
function reasonOf(cause: unknown): Reason {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const inner = cause instanceof AggregateError ? cause.errors.map((error) => (error as Error).message).join(", ") : "";
  const text = (cause as Error).message || inner || code;
  return { code, text: (text.split("\n")[0] ?? "").replace(/[.;]$/, "") };
}

const sqliteStep = ({ code }: Reason): string =>
  /^SQLITE_(NOTADB|CORRUPT)/.test(code)
    ? "restore it from your backup"
    : "make it a file that this user may read and write";

function postgresStep({ code }: Reason): string {
  if (/^28/.test(code)) return "correct the user and the password in it";
  if (code === "3D000") return "create that database, or name another";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "correct its host name";
  return "start PostgreSQL there, or correct the URL";
}
