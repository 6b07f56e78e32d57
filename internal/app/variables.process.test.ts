import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startHouse } from "../testkit/house.ts";
import { needs } from "../testkit/needs.ts";

const template = `
name: greeter
image: host
environment:
  GREETING: \${{ .var.greeting }}
`;

describe("a variable of knot.toml", () => {
  test("reaches the environment of a space through its template", needs("process"), async () => {
    const house = await startHouse({ config: '[server.variables]\ngreeting = "hello: [not, yaml]"\n' });
    try {
      const { browser } = house.admin;
      await browser.ok("create_template", { spec: template });
      await browser.ok("create_space", { name: "dev", template: "greeter", wait_seconds: 60 });
      const { stdout } = await browser.ok("run_command", { space: "dev", command: 'printf %s "$GREETING"' });
      assert.equal(stdout, "hello: [not, yaml]");
    } finally {
      await house[Symbol.asyncDispose]();
    }
  });
});
