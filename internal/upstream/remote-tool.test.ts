import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Problem } from "../problem/problem.ts";
import { tool } from "./fixtures.ts";
import { type RemoteTool, toolName, toolsFrom } from "./remote-tool.ts";
import { checkServers, type UpstreamServer } from "./server.ts";
import type { RawTool } from "./session.ts";

const run = async () => ({ content: [] });

function made(raw: RawTool, server: Partial<UpstreamServer> = {}): RemoteTool {
  const { tools, warnings } = toolsFrom({ namespace: "ai", url: "http://x", ...server }, [raw], run);
  assert.equal(tools.length, 1, warnings.join(", "));
  return tools[0] as RemoteTool;
}

function nested(depth: number): object {
  let schema: object = {};
  for (let at = 0; at < depth; at++) schema = { properties: { a: schema } };
  return schema;
}

describe("a remote tool", () => {
  for (const [hints, trusted, effect, asks] of [
    [{}, false, "write", true],
    [{ readOnlyHint: true }, false, "write", true],
    [{ readOnlyHint: true }, true, "read", false],
    [{ destructiveHint: true }, false, "destroy", true],
    [{ destructiveHint: true }, true, "destroy", true],
    [{ destructiveHint: false }, true, "write", true],
    [{ readOnlyHint: "yes" }, true, "write", true],
    ["nonsense", true, "write", true],
  ] as const) {
    test(`with ${JSON.stringify(hints)} of a server that is ${trusted ? "" : "not "}trusted is a ${effect}`, () => {
      const each = made(tool("draw", { annotations: hints }), { trusted });
      assert.deepEqual([each.effect, each.asks, each.annotations.readOnlyHint], [effect, asks, effect === "read"]);
    });
  }

  test("is named after its namespace, with the separator that is configured", () => {
    assert.equal(made(tool("generate-text")).name, "ai__generate-text");
    assert.equal(made(tool("draw"), { separator: "-" }).name, "ai-draw");
    assert.equal(made(tool("files.read")).name, "ai__files_read");
  });

  test("is hidden when it is on the list of hidden ones, else as its server is", () => {
    assert.equal(made(tool("draw"), { hidden: ["draw"], tool_visibility: "native" }).visibility, "hidden");
    assert.equal(made(tool("draw"), { hidden: ["paint"], tool_visibility: "native" }).visibility, "native");
    assert.equal(made(tool("draw")).visibility, "discoverable");
  });

  test("has another hash when its description or its schema changes, and only then", () => {
    const hash = (overrides: Partial<RawTool>) => made(tool("draw", overrides)).schema_hash;
    assert.equal(hash({}), hash({ title: "Draw" }));
    assert.notEqual(hash({}), hash({ description: "Other." }));
    assert.notEqual(hash({}), hash({ inputSchema: { type: "object", properties: { a: {} } } }));
  });

  test("shows models nothing that is hidden from people, and says that something was", () => {
    const hidden = "\u200b\u202e\u{e0041}\u001b";
    const raw = tool("draw", {
      title: `Draw${hidden}`,
      description: `Draws.${hidden}\nWell.`,
      inputSchema: {
        type: "object",
        properties: { a: { type: "string", description: `A${hidden}`, const: "\u200b" } },
      },
    });
    const { tools, warnings } = toolsFrom({ namespace: "ai", url: "http://x" }, [raw, tool("plain")], run);
    const [{ title, description, input_schema }] = tools as [RemoteTool, RemoteTool];
    assert.deepEqual([title, description], ["Draw", "Draws.\nWell."]);
    assert.deepEqual(input_schema["properties"], { a: { type: "string", description: "A", const: "\u200b" } });
    assert.deepEqual(warnings, ["draw hid characters in its texts; they are left out"]);
  });

  test("has a description of bounded length", () => {
    assert.equal(made(tool("draw", { description: "x".repeat(100_000) })).description.length, 4000);
    assert.equal(made(tool("draw", { description: 7 })).description, "");
  });

  for (const raw of [[], "text", 7, true]) {
    test(`refuses ${JSON.stringify(raw)} as arguments`, () => {
      assert.throws(
        () => made(tool("draw")).parse(raw),
        (thrown: unknown) => thrown instanceof Problem && thrown.code === "invalid_input",
      );
    });
  }

  test("takes no arguments for none", () => assert.deepEqual(made(tool("draw")).parse(undefined), {}));

  for (const [what, raw, warning] of [
    ["no name", { inputSchema: { type: "object" } }, "a tool without a name"],
    ["a name with a space", tool("a b"), 'the name "a b" is not one that models can call'],
    ["a name that forges a line", tool("a\nb"), 'the name "a\\u000ab" is not one that models can call'],
    [
      "an empty name that is too long",
      tool("x".repeat(127)),
      `the name "${"x".repeat(100)}..." is not one that models can call`,
    ],
    ["no schema", tool("draw", { inputSchema: null }), "the input schema of draw is missing, too large or too deep"],
    [
      "a schema of a list",
      tool("draw", { inputSchema: { type: "array" } }),
      "the input schema of draw is missing, too large or too deep",
    ],
    [
      "a schema too deep",
      tool("draw", { inputSchema: { type: "object", ...nested(10_000) } }),
      "the input schema of draw is missing, too large or too deep",
    ],
    [
      "a schema too large",
      tool("draw", { inputSchema: { type: "object", description: "x".repeat(70_000) } }),
      "the input schema of draw is missing, too large or too deep",
    ],
    ["nothing", null, "a tool without a name"],
  ] as const) {
    test(`with ${what} is left out with a warning`, () => {
      const { tools, warnings } = toolsFrom({ namespace: "ai", url: "http://x" }, [raw as RawTool], run);
      assert.deepEqual([tools, warnings], [[], [warning]]);
    });
  }

  test("that would be called like another is left out, and so is the other", () => {
    const { tools, warnings } = toolsFrom(
      { namespace: "ai", url: "http://x" },
      [tool("a.b"), tool("a_b"), tool("c")],
      run,
    );
    assert.deepEqual([tools.map(({ name }) => name), warnings], [["ai__c"], ["two tools would be called ai__a_b"]]);
  });
});

describe("a name", () => {
  for (const [name, expected] of [
    ["ai__draw", "ai__draw"],
    ["ai.draw", "ai__draw"],
    ["ai.files.read", "ai__files_read"],
    ["ai__", null],
    ["ai.", null],
    ["ai", null],
    ["draw", null],
    ["other.draw", null],
    ["ai.dr aw", null],
  ] as const) {
    test(`${name} is ${expected === null ? "none" : expected} of ai`, () => {
      assert.equal(toolName({ namespace: "ai" }, name), expected);
    });
  }
});

describe("the header names in a schema", () => {
  const string = (name: unknown) => ({ type: "string", "x-mcp-header": name });
  for (const [what, properties, valid] of [
    ["none", { a: { type: "string" } }, true],
    ["a string's", { a: string("Region") }, true],
    ["one further down", { a: { type: "object", properties: { b: string("Region") } } }, true],
    ["a number's", { a: { type: "number", "x-mcp-header": "Region" } }, false],
    ["one with a space", { a: string("Re gion") }, false],
    ["an empty one", { a: string("") }, false],
    ["one that is no text", { a: string(7) }, false],
    ["two alike but for case", { a: string("Region"), b: string("region") }, false],
    ["one in a list", { a: { type: "array", items: string("Region") } }, false],
  ] as const) {
    test(`may ${valid ? "" : "not "}be ${what}`, () => {
      const raw = tool("draw", { inputSchema: { type: "object", properties } });
      const { tools, warnings } = toolsFrom({ namespace: "ai", url: "http://x" }, [raw], run);
      const broken = ["the header names in the input schema of draw break the rules"];
      assert.deepEqual([tools.length, warnings], valid ? [1, []] : [0, broken]);
    });
  }
});

describe("a list of servers", () => {
  for (const [what, servers] of [
    ["an illegal namespace", [{ namespace: "A_b", url: "http://x" }]],
    ["the namespace of knot's own tools", [{ namespace: "knot", url: "http://x" }]],
    ["no namespace", [{ namespace: "", url: "http://x" }]],
    [
      "the same namespace twice",
      [
        { namespace: "a", url: "http://x" },
        { namespace: "a", command: "x" },
      ],
    ],
    ["neither url nor command", [{ namespace: "a" }]],
    ["both url and command", [{ namespace: "a", url: "http://x", command: "x" }]],
    ["a url that is not http", [{ namespace: "a", url: "file:///etc/passwd" }]],
  ] as const) {
    test(`with ${what} is refused`, () => assert.throws(() => checkServers(servers)));
  }
});
