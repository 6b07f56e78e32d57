import { operations } from "../app/operations.ts";
import { requestOf } from "../client/routes.ts";
import { cardOf } from "../operation/card.ts";
import { runKnot } from "./daemon.ts";

type Headers = Readonly<Record<string, string>>;
type Input = Readonly<Record<string, unknown>>;

// biome-ignore lint/suspicious/noExplicitAny: an answer is what a test looks at
export type Answer = { readonly status: number; readonly headers: globalThis.Headers; readonly body: any };

const byName = new Map(operations.map((op) => [op.name as string, cardOf(op)]));

/** The REST door of a daemon, knocked at with one credential. */
export class RestDoor {
  readonly origin: string;
  readonly headers: Headers;

  constructor(origin: string, headers: Headers) {
    this.origin = origin;
    this.headers = headers;
  }

  /** Calls an operation by its name; never throws for what the daemon answers. */
  call(name: string, input: Input = {}, headers: Headers = {}): Promise<Answer> {
    const card = byName.get(name);
    if (card === undefined) throw new Error(`There is no operation ${name}.`);
    const { url, body } = requestOf(card, input);
    return this.send(card.method, url, { body, headers });
  }

  /** As `call`, and throws unless it went well. */
  async ok(name: string, input: Input = {}, headers: Headers = {}): Promise<Answer["body"]> {
    const { status, body } = await this.call(name, input, headers);
    if (status !== 200) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async send(
    method: string,
    path: string,
    { body, headers = {} }: { readonly body?: string | undefined; readonly headers?: Headers } = {},
  ): Promise<Answer> {
    const typed: Headers = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: { ...typed, ...this.headers, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }
}

/** `knot …` against a daemon with a token, as a process of its own; the answer is JSON. */
export async function knotCli(origin: string, token: string, ...args: string[]) {
  const { code, stdout, stderr } = await runKnot([...args, "--json"], {
    env: { KNOT_SERVER: origin, KNOT_TOKEN: token },
  });
  return { code, stderr, stdout, body: code === 0 ? JSON.parse(stdout) : null };
}
