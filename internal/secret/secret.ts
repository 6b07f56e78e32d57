import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { Problem } from "../problem/problem.ts";

/** A value nobody may read at rest: `v1.<key id>.<iv>.<ciphertext and tag>`, base64url. */
export type Sealed = string;

/**
 * Seals values with AES-256-GCM under a key derived for each record (HKDF-SHA256, salt = the record's random one),
 * bound to where they stand: moved to another row or column, a value does not open (security.md K1).
 */
export class Vault {
  readonly #key: Buffer;
  #fingerprintKey: Buffer | undefined;
  /** Tells the key from others, and nothing about it. */
  readonly key_id: string;

  /** `key` is 32 random bytes. */
  constructor(key: Buffer) {
    if (key.length !== 32) throw new Error("The encryption key must have 32 bytes.");
    this.#key = key;
    this.key_id = createHash("sha256").update(key).digest("base64url").slice(0, 8);
  }

  /** `place` names where the value stands, such as `approvals/<id>/arguments`. */
  seal(place: string, plaintext: string): Sealed {
    const salt = randomBytes(16);
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#derive(salt), iv);
    cipher.setAAD(Buffer.from(place));
    const body = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return ["v1", this.key_id, Buffer.concat([salt, iv]).toString("base64url"), body.toString("base64url")].join(".");
  }

  /** Throws `internal` for a value that was changed, moved, or sealed with another key. */
  open(place: string, sealed: Sealed): string {
    const [version, , head = "", body = ""] = sealed.split(".");
    try {
      if (version !== "v1") throw new Error(`unknown sealing version ${version}`);
      const prefix = Buffer.from(head, "base64url");
      const data = Buffer.from(body, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", this.#derive(prefix.subarray(0, 16)), prefix.subarray(16));
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(data.subarray(-16));
      return Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new Problem("internal", "A stored secret could not be opened; the encryption key may have changed.", {
        cause,
      });
    }
  }

  /** Equal for equal texts, and at rest nothing to guess a short secret by: HMAC-SHA256 in hex. */
  fingerprint(text: string): string {
    this.#fingerprintKey ??= Buffer.from(hkdfSync("sha256", this.#key, "", "knot-fingerprint-v1", 32));
    return createHmac("sha256", this.#fingerprintKey).update(text).digest("hex");
  }

  #derive(salt: Buffer): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#key, salt, "knot-vault-v1", 32));
  }
}

/** A token of `bytes` random bytes behind a prefix that scanners and people recognise, such as `knot_`. */
export const randomToken = (prefix: string, bytes = 24): string => prefix + randomBytes(bytes).toString("base64url");

/** What is stored of a token with enough entropy: its SHA-256, in hex. */
export const digestOf = (token: string): string => createHash("sha256").update(token).digest("hex");
