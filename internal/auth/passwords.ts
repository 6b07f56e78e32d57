import { randomBytes } from "node:crypto";
import { hash, parseOptions, verify } from "@node-rs/argon2";
import { Problem } from "../problem/problem.ts";
import type { PasswordKeeper } from "../user/user.ts";
import type { Lockout } from "./lockout.ts";
import { weaknessOf } from "./password-strength.ts";
import { Turnstile } from "./turnstile.ts";

/** OWASP ASVS 5.0, appendix C. The package's default algorithm is argon2id. */
const current = { memoryCost: 47_104, timeCost: 1, parallelism: 1, outputLen: 32 } as const;

export type PasswordParameters = Readonly<Record<keyof typeof current, number>>;

/** Passwords as argon2id hashes. Two are computed at once at most: each takes 46 MiB. */
export class Passwords implements PasswordKeeper {
  readonly #lockout: Lockout;
  readonly #parameters: PasswordParameters;
  readonly #turnstile = new Turnstile(2, 64);
  readonly #nobody: string;

  constructor(lockout: Lockout, parameters: PasswordParameters = current) {
    this.#lockout = lockout;
    this.#parameters = parameters;
    this.#nobody = hashOfNothing(parameters);
  }

  check(password: string, path: string, words: readonly (string | null)[]): void {
    const weakness = weaknessOf(
      password,
      words.filter((word) => word !== null),
    );
    if (weakness === null) return;
    throw new Problem("invalid_input", `${path}: ${weakness}`, { errors: [{ path, message: weakness }] });
  }

  async hash(password: string): Promise<string> {
    return this.#turnstile.pass(() => hash(password, this.#parameters));
  }

  /** Without a hash as much work is done as with one, so that the time does not tell who exists. */
  async verify(account: string, known: string | null, password: string, ip: string): Promise<boolean> {
    const succeeded = this.#lockout.begin(account, ip);
    const right = await this.#turnstile.pass(() => verify(known ?? this.#nobody, password));
    if (!right || known === null) return false;
    succeeded();
    return true;
  }

  /** Whether a hash was made with lower parameters than new ones are. */
  isOutdated(known: string): boolean {
    const made = parseOptions(known);
    const { memoryCost, timeCost, parallelism } = this.#parameters;
    return made.memoryCost < memoryCost || made.timeCost < timeCost || made.parallelism < parallelism;
  }
}

/** A well-formed hash that no password is known for. */
function hashOfNothing({ memoryCost, timeCost, parallelism, outputLen }: PasswordParameters): string {
  const random = (bytes: number) => randomBytes(bytes).toString("base64").replaceAll("=", "");
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${random(16)}$${random(outputLen)}`;
}
