import type { ServerResponse } from "node:http";
import { ProtocolError } from "@modelcontextprotocol/server";
import type { FastifyRequest } from "fastify";
import { type EndpointDeps, elicitationOf, listTtlMs } from "./endpoint.ts";
import { modernVersion as version } from "./era.ts";
import type { ListedTool } from "./ports.ts";
import { callTool, findTool, listTools, type ToolCall } from "./tools.ts";
import { callOf, type Visit } from "./visit.ts";

/** Answers a request with the JSON of its response; null leaves it to the SDK. */
export type Lane = (request: FastifyRequest, response: ServerResponse, visit: Visit) => Promise<string> | null;

type Json = Readonly<Record<string, unknown>>;
type Plain = { readonly id: string | number; readonly method: string; readonly params: Json; readonly meta: Json };

const prefix = "io.modelcontextprotocol/";
const knownMeta: ReadonlySet<string> = new Set(
  ["protocolVersion", "clientCapabilities", "clientInfo"].map((name) => prefix + name),
);
const complete = "complete";

/**
 * The two requests that are nearly all of the traffic, stateless `tools/list` and `tools/call`, without the objects the
 * SDK makes for each request. It takes only what is plainly in order and needs one JSON answer; all else, and every
 * mistake, is the SDK's to answer.
 */
export function createFastLane(deps: EndpointDeps): Lane {
  const serverMeta = { [`${prefix}serverInfo`]: deps.info };
  const listEnd = `,"ttlMs":${listTtlMs},"cacheScope":"private","resultType":"${complete}","_meta":${JSON.stringify(serverMeta)}}}`;
  const list = ({ id }: Plain, visit: Visit): string =>
    `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"tools":${listJson(deps, visit)}${listEnd}`;
  const call = async ({ id }: Plain, asked: ToolCall): Promise<string> => {
    try {
      const answer: Json = await callTool(deps, asked);
      const meta = { ...(answer["_meta"] as Json | undefined), ...serverMeta };
      return JSON.stringify({ jsonrpc: "2.0", id, result: { resultType: complete, ...answer, _meta: meta } });
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      const { code, message, data } = thrown;
      return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } });
    }
  };
  return (request, response, visit) => {
    const plain = plainRequest(request);
    if (plain === null) return null;
    if (plain.method === "tools/list") return isList(plain) ? Promise.resolve(list(plain, visit)) : null;
    const name = calledName(plain, request);
    if (name === null || deps.fixtures?.handles(name)) return null;
    const tool = findTool(deps, visit, name);
    if (tool === undefined || repeatsArguments(tool)) return null;
    return call(plain, toolCall(plain, { visit, name, signal: goneSignal(response) }));
  };
}

/** The parts of a request that claims 2026-07-28 in body and headers alike and wants no stream; else null. */
function plainRequest({ method: httpMethod, headers, body }: FastifyRequest): Plain | null {
  if (httpMethod !== "POST" || headers["mcp-protocol-version"] !== version || !isObject(body)) return null;
  const { jsonrpc, id, method, params } = body;
  const isCall = jsonrpc === "2.0" && (typeof id === "string" || Number.isSafeInteger(id)) && isObject(params);
  if (!isCall || Object.keys(body).length !== 4) return null;
  if ((method !== "tools/list" && method !== "tools/call") || headers["mcp-method"] !== method) return null;
  const meta = params["_meta"];
  if (!isObject(meta) || meta[`${prefix}protocolVersion`] !== version) return null;
  if (!isClient(meta[`${prefix}clientInfo`]) || !isCapabilities(meta[`${prefix}clientCapabilities`])) return null;
  const isKnown = Object.keys(meta).every((key) => knownMeta.has(key) || key.startsWith("knot/"));
  return isKnown ? { id: id as string | number, method, params, meta } : null;
}

const isList = ({ params }: Plain): boolean => Object.keys(params).length === 1;

/** The name of a call whose parameters are a name, arguments and nothing else; null for any other. */
function calledName({ params }: Plain, { headers }: FastifyRequest): string | null {
  const { name, arguments: args, _meta, ...rest } = params;
  if (typeof name !== "string" || name === "" || headers["mcp-name"] !== name) return null;
  if (args !== undefined && !isObject(args)) return null;
  return Object.keys(rest).length === 0 ? name : null;
}

function toolCall({ params, meta }: Plain, rest: Pick<ToolCall, "visit" | "name" | "signal">): ToolCall {
  const client = meta[`${prefix}clientInfo`] as { name: string; version: string } | undefined;
  return {
    ...rest,
    args: params["arguments"],
    client: client === undefined ? "" : `${client.name} ${client.version}`,
    meta,
    elicitation: elicitationOf(meta[`${prefix}clientCapabilities`] as Json),
  };
}

function listJson(deps: EndpointDeps, visit: Visit): string {
  const { catalogue } = deps;
  return catalogue.listJson?.(callOf(visit), visit.mode) ?? JSON.stringify(listTools(deps, visit));
}

/** Aborted when the client goes away before it has its answer, which cancels the call (2026-07-28, transports). */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

const repeating = new WeakMap<ListedTool, boolean>();

/** Whether headers have to repeat arguments of this tool (SEP-2243): comparing them is the SDK's work. */
function repeatsArguments(tool: ListedTool): boolean {
  const known = repeating.get(tool) ?? JSON.stringify(tool.input_schema).includes('"x-mcp-header"');
  repeating.set(tool, known);
  return known;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Names and versions alone: what else a client says of itself, the SDK judges. */
const isClient = (value: unknown): boolean =>
  value === undefined ||
  (isObject(value) && Object.keys(value).length === 2 && isText(value["name"]) && isText(value["version"]));

const isText = (value: unknown): boolean => typeof value === "string";

/** Elicitation with its modes at most; other capabilities are judged by the SDK. */
function isCapabilities(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { elicitation, ...rest } = value;
  const isPlainRest = Object.values(rest).every((item) => isObject(item) && Object.keys(item).length === 0);
  if (!isPlainRest) return false;
  return elicitation === undefined || (isObject(elicitation) && isModes(elicitation));
}

const isModes = ({ url, form, ...rest }: Json): boolean =>
  Object.keys(rest).length === 0 &&
  [url, form].every((mode) => mode === undefined || (isObject(mode) && Object.keys(mode).length === 0));
