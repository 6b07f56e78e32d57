import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { analyse } from "./analyser.ts";
import { isNearMiss } from "./near-miss.ts";
import { type SearchDocument, ToolIndex } from "./search.ts";

const document = (name: string, overrides: Partial<SearchDocument> = {}): SearchDocument => ({
  id: name,
  server: "",
  name,
  title: "",
  description: "",
  keywords: [],
  parameters: [],
  ...overrides,
});

function indexOf(...documents: readonly SearchDocument[]): ToolIndex {
  const index = new ToolIndex();
  for (const each of documents) index.add(each);
  return index;
}

const idsOf = (index: ToolIndex, query: string, limit = 5) => index.search(query, { limit }).map(({ id }) => id);

describe("the analyser", () => {
  for (const [text, terms] of [
    ["getHTTPStatus", ["http", "statu"]],
    ["create_new-spaces", ["creat", "new", "space"]],
    ["ipv4Address", ["ipv", "4", "address"]],
    ["open PRs and URLs", ["open", "pr", "url"]],
    ["\uff26\uff49\uff4c\uff45", ["file"]],
    ["\u6587\u4ef6\u5217\u8868", ["\u6587\u4ef6", "\u4ef6\u5217", "\u5217\u8868"]],
    ["\u732b", ["\u732b"]],
    ["which is it", ["which", "is", "it"]],
    ["don't delete", ["delet"]],
    ["\u{1f680} !?", []],
  ] as const) {
    test(`reads "${text}" as [${terms}]`, () => assert.deepEqual(analyse(text), terms));
  }
});

describe("a near miss", () => {
  for (const [a, b, expected] of [
    ["strat", "start", true],
    ["stat", "start", true],
    ["startt", "start", true],
    ["stalt", "start", true],
    ["start", "start", true],
    ["sttar", "start", false],
    ["tsart", "start", false],
    ["cart", "start", false],
    ["", "", true],
  ] as const) {
    test(`is ${expected ? "" : "not "}"${a}" for "${b}"`, () => assert.equal(isNearMiss(a, b), expected));
  }
});

describe("the search", () => {
  test("finds a tool by its keywords, its parameters and its server", () => {
    const index = indexOf(
      document("one", { keywords: ["launch"] }),
      document("two", { parameters: [{ name: "recipient", text: "who gets it" }] }),
      document("three", { server: "weather" }),
    );
    assert.deepEqual(
      [idsOf(index, "launch"), idsOf(index, "recipients"), idsOf(index, "the weather")],
      [["one"], ["two"], ["three"]],
    );
  });

  for (const [query, found] of [
    ["github", ["git_hub", "github"]],
    ["GitHub", ["git_hub", "github"]],
    ["hub", ["git_hub"]],
  ] as const) {
    test(`knows a name by its whole and by its parts: ${query}`, () => {
      const index = indexOf(document("git_hub", { description: "On GitHub." }), document("github"));
      assert.deepEqual([...idsOf(index, query)].sort(), found);
    });
  }

  test("reads an abbreviation as what it stands for", () => {
    const index = indexOf(document("list_pull_requests"), document("list_pods"));
    assert.deepEqual(idsOf(index, "PRs")[0], "list_pull_requests");
  });

  test("finds what may be used by a common word although the rare one is of tools that may not", () => {
    const common = Array.from({ length: 2100 }, (_, at) => document(`list_${at}`));
    const index = indexOf(document("hidden_quokka"), ...common);
    const hits = index.search("list quokka", { limit: 5, allows: (id) => id !== "hidden_quokka" });
    assert.equal(hits.length, 5);
  });

  test("finds tools that are described with stop words alone", () => {
    assert.deepEqual(idsOf(indexOf(document("do_it")), "do it"), ["do_it"]);
  });

  test("forgets a tool that is removed", () => {
    const index = indexOf(document("read_file"), document("read_log"));
    index.remove("read_file");
    assert.deepEqual([idsOf(index, "read a file"), index.size], [["read_log"], 1]);
  });

  test("takes over what changed when a tool is added again", () => {
    const index = indexOf(document("thing", { description: "Bakes bread." }));
    index.add(document("thing", { description: "Sends letters." }));
    assert.deepEqual([idsOf(index, "bread"), idsOf(index, "letters")], [[], ["thing"]]);
  });

  test("asks who may see a tool before it cuts", () => {
    const index = indexOf(...Array.from({ length: 200 }, (_, at) => document(`read_file_${at}`)), document("file"));
    const found = index.search("read file", { limit: 1, allows: (id) => id === "file" });
    assert.deepEqual(
      found.map(({ id }) => id),
      ["file"],
    );
  });

  test("forgives a misspelt word, and only that", () => {
    const index = indexOf(document("start_space"), document("smart_home"), document("chart_maker"));
    assert.deepEqual(idsOf(index, "strat the space"), ["start_space"]);
    assert.deepEqual(idsOf(index, "smart"), ["smart_home"]);
  });

  test("orders equals by name, so that the same question has the same answer", () => {
    const index = indexOf(document("b_file"), document("a_file"), document("c_file"));
    assert.deepEqual(idsOf(index, "file"), ["a_file", "b_file", "c_file"]);
  });

  for (const query of ["", "   ", "\u0000", "!!!", "zzzzqqqq", "__proto__", "constructor"]) {
    test(`finds nothing for ${JSON.stringify(query)}`, () => {
      assert.deepEqual(idsOf(indexOf(document("read_file")), query), []);
    });
  }

  test("finds a tool that is called like something every object has", () => {
    assert.deepEqual(idsOf(indexOf(document("constructor"), document("toString")), "to string"), ["toString"]);
  });

  test("takes a very long request", () => {
    assert.deepEqual(idsOf(indexOf(document("read_file")), `read ${"word ".repeat(100_000)}`), ["read_file"]);
  });
});

const sets = join(import.meta.dirname, "../../../shared/eval/toolret");

type Parameter = { name: string; description?: string; enum?: string[] };
type Line = {
  id: string;
  server?: string;
  name: string;
  description?: string;
  category?: string;
  parameters: Parameter[];
};

const linesOf = <T>(file: string): T[] =>
  readFileSync(join(sets, file), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

const documentFrom = ({ id, server = "", name, description = "", category, parameters }: Line): SearchDocument => ({
  id,
  server,
  name,
  title: "",
  description,
  keywords: category === undefined ? [] : [category],
  parameters: parameters.map((each) => ({
    name: each.name,
    text: `${each.description ?? ""} ${(each.enum ?? []).join(" ")}`,
  })),
});

describe("the search on public data", { skip: existsSync(sets) ? false : `needs the data sets in ${sets}` }, () => {
  for (const [set, least] of [
    ["metatool", 70],
    ["stabletoolbench", 71],
    ["sealtools", 86],
  ] as const) {
    test(`has ${least} % of the wanted tools of ${set} among the first five`, () => {
      const index = indexOf(...linesOf<Line>(`${set}/corpus.jsonl`).map(documentFrom));
      const queries = linesOf<{ text: string; gold: string[][] }>(`${set}/queries.jsonl`);
      const hits = queries.map(({ text, gold }) => {
        const found = new Set(idsOf(index, text));
        return gold.filter((group) => group.some((id) => found.has(id))).length / gold.length;
      });
      const recall = (100 * hits.reduce((sum, hit) => sum + hit, 0)) / hits.length;
      assert.ok(recall >= least, `recall@5 is ${recall.toFixed(1)}`);
    });
  }
});
