import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { moreText, textOf, widthOf } from "./output.ts";

const page = (things: readonly object[], next_cursor: string | null = null) => ({
  things,
  total: 9,
  returned: things.length,
  next_cursor,
});

describe("an answer as text", () => {
  test("shows a list as a table with what tells things apart first", () => {
    const things = [
      {
        id: "1",
        icon: null,
        size_bytes: 1536,
        state: "running",
        name: "dev",
        tags: ["a", "b"],
        owner_id: "u",
        spec: {},
      },
      { id: "2", icon: null, size_bytes: 0, state: "failed", name: "longer", tags: [], owner_id: "u", spec: {} },
    ];
    assert.equal(
      textOf(page(things)),
      "NAME    STATE    SIZE     TAGS\ndev     running  1.5 KiB  a, b\nlonger  failed   0 B      -\n",
    );
  });

  test("leaves out a column of whole texts, and keeps one of a line or two", () => {
    const version = (number: number) => ({
      version: number,
      why: "first\nsecond",
      spec: "image: a\nports: []\nuser: b\n",
    });
    assert.equal(
      textOf(page([version(1), version(2)])),
      "VERSION  WHY\n1        first second\n2        first second\n",
    );
  });

  test("shows ids where nothing has a name", () => {
    assert.equal(textOf(page([{ id: "1", ip: "::1" }])), "ID  IP\n1   ::1\n");
  });

  test("shows ids where names are not unique or are somebody else's, and the names of things inside", () => {
    const volume = (id: string, space: string) => ({ id, name: "home", space: { id: "s", name: space, state: null } });
    const volumes = [volume("1", "a"), volume("2", "b")];
    assert.equal(textOf(page(volumes)), "ID  NAME  SPACE\n1   home  a\n2   home  b\n");
    const asked = { id: "1", label: "Stop", user_id: "u", username: "ann" };
    assert.equal(textOf(page([asked])), "ID  USERNAME  LABEL\n1   ann       Stop\n");
    assert.equal(textOf(page([{ id: "1", username: "ann" }])), "USERNAME\nann\n");
  });

  test("says how to go on", () => {
    assert.equal(moreText(page([{ name: "a" }], "abc")), "1 of 9; go on with --cursor abc");
    assert.equal(moreText(page([{ name: "a" }])), null);
    assert.equal(textOf(page([{ name: "a" }], "abc")), "NAME\na\n");
    assert.equal(textOf(page([])), "None.\n");
  });

  test("keeps a table in the width of the terminal and cuts the widest cells", () => {
    const long = "x".repeat(200);
    const things = [{ name: `a\n${long}`, state: "running", note: long }];
    const [head = "", row = ""] = textOf(page(things), 60).split("\n");
    assert.ok(row.length > 56 && row.length <= 60, row);
    assert.match(head, /^NAME +STATE +NOTE$/);
    assert.match(row, /^a x+… {2}running {2}x+…$/);
    assert.match(textOf({ thing: { name: "dev", list: things } }, 60), /^ {2}a x+… {2}running {2}x+…$/m);
  });

  test("cuts nothing without a terminal", () => {
    const name = "x".repeat(200);
    assert.equal(textOf(page([{ name: `a\n${name}` }])), `NAME\na ${name}\n`);
    assert.deepEqual([widthOf({ columns: 40 }), widthOf({ isTTY: true, columns: 40 })], [Infinity, 40]);
    assert.equal(widthOf({ isTTY: true, columns: 0 }), 80);
  });

  test("shows one thing as names and values, nested ones indented", () => {
    const thing = { name: "dev", active: true, note: "one\ntwo", quota: { cpus: null }, at: 0, list: [{ name: "x" }] };
    assert.equal(
      textOf({ thing }),
      "name:   dev\nactive: yes\nnote:\n  one\n  two\nquota:\n  cpus: -\nat:     1970-01-01T00:00:00Z\nlist:\n  NAME\n  x\n",
    );
  });

  test("says something when there is nothing to say", () => {
    assert.equal(textOf({}), "Done.\n");
  });
});
