import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { operation } from "../operation/operation.ts";
import { Problem, type ProblemCode, problems } from "../problem/problem.ts";
import { restUnderTest } from "../testkit/rest.ts";
import { thingOperations } from "../testkit/things.ts";
import { createGate } from "./gate.ts";
import { openapiOf } from "./openapi.ts";
import { plainRoutes } from "./plain-routes.ts";

// biome-ignore lint/suspicious/noExplicitAny: a test walks the document freely
const documentOf = (operations: Parameters<typeof openapiOf>[0]): any => openapiOf(operations, "1.2.3");

/** Every `$ref` of the document. */
function refsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === "$ref" && typeof item === "string" ? [item] : refsOf(item),
  );
}

describe("openapiOf", () => {
  test("resolves every reference inside the document", () => {
    const document = documentOf(thingOperations);
    const refs = refsOf(document);
    assert.ok(refs.includes("#/components/schemas/Thing"));
    for (const ref of refs) {
      const found = ref
        .split("/")
        .slice(1)
        .reduce((at, part) => at?.[part], document);
      assert.notEqual(found, undefined, ref);
    }
  });

  test("puts each field where the route takes it from", () => {
    const { paths } = documentOf(thingOperations);
    const list = paths["/api/things"].get.parameters;
    assert.deepEqual(
      list.map((field: { name: string; in: string }) => `${field.in} ${field.name}`),
      [...["query limit", "query cursor", "query kinds", "query large", "query within"]],
    );
    const update = paths["/api/things/{thing}"].patch;
    assert.deepEqual(Object.keys(update.requestBody.content["application/json"].schema.properties), ["labels"]);
    assert.equal(update.parameters[0].in, "path");
    assert.equal(paths["/api/things"].post.requestBody.required, true);
  });

  test("documents the problems, the key and the credentials", () => {
    const { paths, components } = documentOf(thingOperations);
    const remove = paths["/api/things/{thing}"].delete;
    assert.match(remove.responses["409"].description, /confirmation_required/);
    assert.match(remove.responses["404"].description, /not_found/);
    assert.ok(refsOf(paths["/api/things"].post.parameters).includes("#/components/parameters/IdempotencyKey"));
    assert.equal(components.securitySchemes.token.scheme, "bearer");
  });

  test("gives a schema two names when its input differs from its output", () => {
    const Both = z.object({ size: z.number().default(1) }).meta({ id: "BothOfTest" });
    const op = operation({
      ...thingOperations[2],
      name: "make_both",
      input: z.object({ both: Both }),
      output: z.object({ both: Both }),
      label: () => "Make both",
      secrets: undefined,
      run: async (_call, input) => input,
    });
    const { components, paths } = documentOf([op]);
    assert.deepEqual(components.schemas.BothOfTest.required, ["size"]);
    assert.equal(components.schemas.BothOfTestInput.required, undefined);
    const body = paths["/api/things"].post.requestBody.content["application/json"].schema;
    assert.equal(body.properties.both.$ref, "#/components/schemas/BothOfTestInput");
  });

  test("lists exactly the plain routes that exist", (t) => {
    const { paths } = documentOf([]);
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const { registry } = restUnderTest(t);
    const gate = createGate(
      async () => assert.fail(),
      () => false,
    );
    const deps = { registry, version: "1" } as Parameters<typeof plainRoutes>[0];
    assert.deepEqual(
      documented.sort(),
      plainRoutes(deps, gate)
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    );
  });
});

describe("the plain routes", () => {
  const all = { authorization: "Bearer all" };

  test("describe the operations and serve the document", async (t) => {
    const { server } = restUnderTest(t);
    const { operations } = (await server.inject({ url: "/api/operations", headers: all })).json();
    assert.deepEqual(
      operations.map(({ name }: { name: string }) => name),
      thingOperations.map(({ name }) => name),
    );
    assert.equal(operations[1].path, "/api/things/{thing}");
    const routes = await server.inject({ url: "/api/operations?view=routes", headers: all });
    const route = { name: "get_thing", method: "GET", path: "/api/things/{thing}", effect: "read" };
    assert.deepEqual(routes.json().operations[1], route);
    assert.equal((await server.inject({ url: "/api/operations?view=all", headers: all })).statusCode, 422);
    assert.equal((await server.inject({ url: "/api/openapi.json", headers: all })).json().openapi, "3.1.0");
  });

  test("sign in with a cookie and out again", async (t) => {
    const { server } = restUnderTest(t);
    const headers = { "sec-fetch-site": "same-origin" };
    const login = (password: string) =>
      server.inject({ method: "POST", url: "/api/auth/login", headers, payload: { username: "ann", password } });
    const good = await login("correct");
    assert.equal(good.headers["set-cookie"], "session=1; HttpOnly; SameSite=Lax");
    assert.equal((await login("wrong")).statusCode, 401);
    const out = await server.inject({ method: "POST", url: "/api/auth/logout", headers });
    assert.match(out.headers["set-cookie"] as string, /Max-Age=0/);
    assert.deepEqual((await server.inject({ url: "/api/auth/setup" })).json(), { required: false });
    assert.equal((await server.inject({ method: "POST", url: "/api/auth/setup", headers })).statusCode, 409);
  });

  test("explain every problem where its document says, to anybody", async (t) => {
    const { server } = restUnderTest(t);
    for (const [code, { title, status }] of Object.entries(problems)) {
      const { type } = new Problem(code as ProblemCode, "").toDocument();
      const [path, anchor] = type.split("#");
      const answer = await server.inject({ url: path as string });
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.headers["content-type"], "text/html; charset=utf-8");
      assert.match(answer.headers["content-security-policy"] as string, /script-src 'self'/);
      assert.match(answer.body, new RegExp(`<tr id="${anchor}">.*${title}.*<td>${status}</td>`));
    }
  });

  test("tell health, and readiness part by part", async (t) => {
    const ready = { ready: false, checks: { store: { ok: false, detail: "no answer" } } };
    const { server } = restUnderTest(t, { rest: { readiness: async () => ready } });
    assert.equal((await server.inject({ url: "/healthz" })).statusCode, 200);
    const answer = await server.inject({ url: "/readyz" });
    assert.equal(answer.statusCode, 503);
    assert.deepEqual(answer.json(), ready);
    assert.equal((await server.inject({ method: "HEAD", url: "/readyz" })).statusCode, 503);
    assert.equal((await server.inject({ method: "HEAD", url: "/healthz" })).statusCode, 200);
  });

  test("show the metrics to this machine and to who manages the server", async (t) => {
    const { server } = restUnderTest(t);
    const far = (headers: Record<string, string>) =>
      server.inject({ url: "/metrics", headers, remoteAddress: "10.0.0.9" });
    assert.equal((await server.inject({ url: "/metrics" })).body, "up 1\n");
    assert.equal((await far({})).statusCode, 401);
    assert.equal((await far({ authorization: "Bearer none" })).statusCode, 403);
    assert.equal((await far(all)).statusCode, 200);
    const proxied = await server.inject({ url: "/metrics", headers: { "x-forwarded-for": "127.0.0.1" } });
    assert.equal(proxied.statusCode, 401);
    const rebound = await server.inject({ url: "/metrics", headers: { host: "evil.example:3000" } });
    assert.equal(rebound.statusCode, 401);
  });
});
