import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { nearest } from "../problem/nearest.ts";
import { expand, type Names, placeholdersIn, wholePlaceholder } from "./placeholder.ts";

/** A mistake in a template, where an editor can show it. Line and column count from 1. */
export type Mistake = { readonly line: number; readonly column: number; readonly message: string };

/** A value of the document that is still to be read. */
export type Part = Node;

type TextRules = {
  /** Resolves to what is wrong with the value; only asked once every placeholder has its value. */
  readonly check?: (text: string) => string | null;
  /** No placeholder may stand here: it decides about safety or structure. */
  readonly literal?: boolean;
  /** Values of secret parameters may stand here. */
  readonly secrets?: boolean;
  /** Numbers and booleans are taken as they are written. */
  readonly loose?: boolean;
};

const sizeLimit = 65_536;

/** Reads YAML with a position for every mistake, and goes on after each to find them all. */
export class YamlReader {
  readonly mistakes: Mistake[] = [];
  readonly root: Part | null;
  names: Names = { known: new Set(), secret: new Set(), numeric: new Set(), values: null };
  readonly #text: string;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.#text = text;
    if (Buffer.byteLength(text) > sizeLimit) {
      this.mistakes.push({ line: 1, column: 1, message: "a template may have 64 KiB at most" });
      this.root = null;
      return;
    }
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, schema: "core" });
    for (const { pos, message } of document.errors) this.#add(pos[0], message);
    visit(document, {
      Alias: (_key, node) => this.fail(node, "aliases (*name) are not allowed; write the value out"),
      Node: (_key, node) => {
        if (!isAlias(node) && node.anchor !== undefined) this.fail(node, "anchors (&name) are not allowed");
        if (node.tag !== undefined) this.fail(node, "tags (!name) are not allowed");
      },
    });
    const sound = document.errors.every(({ code }) => code === "DUPLICATE_KEY");
    this.root = sound && isNode(document.contents) ? document.contents : null;
    if (sound && this.root === null) this.#add(0, "the template is empty");
  }

  /** Adds a mistake at a part of the document. */
  fail(part: Part, message: string): void {
    this.#add(part.range?.[0] ?? 0, message);
  }

  /** The parts of a map with these keys; a mistake for every other key. */
  fields<Key extends string>(part: Part, what: string, keys: readonly Key[]): Partial<Record<Key, Part>> {
    const fields: Partial<Record<Key, Part>> = {};
    for (const [key, value, keyPart] of this.pairs(part, what)) {
      if ((keys as readonly string[]).includes(key)) {
        fields[key as Key] = value;
        continue;
      }
      const meant = nearest(key, keys);
      const advice = meant === undefined ? `; known are ${keys.join(", ")}` : `; did you mean "${meant}"?`;
      this.fail(keyPart, `unknown key "${key}" in ${what}${advice}`);
    }
    return fields;
  }

  /** Every pair of a map. A key without a value is left out. */
  pairs(part: Part, what: string): readonly (readonly [string, Part, Part])[] {
    if (!isMap(part)) {
      this.fail(part, `${what} must be a map of keys and values`);
      return [];
    }
    return part.items.flatMap(({ key, value }) => {
      if (!isScalar(key)) {
        if (isNode(key)) this.fail(key, `a key of ${what} must be a single word`);
        return [];
      }
      const given = isNode(value) && !(isScalar(value) && value.value === null);
      return given ? [[String(key.value), value, key] as const] : [];
    });
  }

  isMap(part: Part): boolean {
    return isMap(part);
  }

  isList(part: Part): boolean {
    return isSeq(part);
  }

  items(part: Part, what: string): readonly Part[] {
    if (isSeq(part)) return part.items.filter(isNode);
    this.fail(part, `${what} must be a list`);
    return [];
  }

  /** A text with its placeholders filled in; as it is written while the template is only checked. */
  text(part: Part, what: string, rules: TextRules = {}): string | undefined {
    const written = this.#written(part, what, rules.loose === true);
    if (written === undefined) return undefined;
    const found = placeholdersIn(written, this.names);
    const offsets = this.#offsets(part);
    let sound = true;
    for (const [index, { name, mistake }] of found.entries()) {
      const wrong = mistake ?? this.#misplaced(name, what, rules);
      if (wrong === null) continue;
      sound = false;
      this.#add(offsets[index] ?? part.range?.[0] ?? 0, wrong);
    }
    if (!sound) return undefined;
    if (found.length > 0 && this.names.values === null) return written;
    const text = this.names.values === null ? written : expand(written, found, this.names.values);
    const wrong = text.includes("\0") ? "must not hold a NUL character" : (rules.check?.(text) ?? null);
    if (wrong === null) return text;
    this.fail(part, `${what} ${wrong}`);
    return undefined;
  }

  /** A number, or the one placeholder of a number parameter; `otherwise` stands for a value that is not known yet. */
  number(part: Part, what: string, rules: { min: number; max: number; whole?: boolean; otherwise: number }): number {
    const value = this.#number(part, what);
    if (value === undefined) return rules.otherwise;
    const kind = rules.whole ? "a whole number" : "a number";
    if (value >= rules.min && value <= rules.max && (!rules.whole || Number.isInteger(value))) return value;
    this.fail(part, `${what} must be ${kind} from ${rules.min} to ${rules.max}`);
    return rules.otherwise;
  }

  /** True or false, written out: no placeholder decides about structure. */
  flag(part: Part, what: string): boolean | undefined {
    if (isScalar(part) && typeof part.value === "boolean") return part.value;
    this.fail(part, `${what} must be true or false`);
    return undefined;
  }

  oneOf<Word extends string>(part: Part, what: string, words: readonly Word[]): Word | undefined {
    const text = isScalar(part) ? String(part.value) : "";
    if ((words as readonly string[]).includes(text)) return text as Word;
    const meant = nearest(text, words);
    this.fail(part, `${what} must be ${words.join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
    return undefined;
  }

  /** The scalar as YAML reads it. */
  scalar(part: Part, what: string): string | number | boolean | undefined {
    const value = isScalar(part) ? part.value : undefined;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
    this.fail(part, `${what} must be a single value`);
    return undefined;
  }

  #number(part: Part, what: string): number | undefined {
    const value = isScalar(part) ? part.value : undefined;
    if (typeof value === "number") return value;
    const found = typeof value === "string" ? placeholdersIn(value, this.names) : [];
    const whole = typeof value === "string" ? wholePlaceholder(value, found) : undefined;
    const wrong = whole?.mistake ?? (whole && !this.names.numeric.has(whole.name) ? numberWanted(what) : null);
    if (whole === undefined || wrong !== null) {
      this.fail(part, wrong ?? numberWanted(what));
      return undefined;
    }
    const known = this.names.values?.get(whole.name);
    return typeof known === "number" ? known : undefined;
  }

  #written(part: Part, what: string, loose: boolean): string | undefined {
    if (isScalar(part)) {
      if (typeof part.value === "string") return part.value;
      if (loose && part.value !== null) return part.source ?? String(part.value);
    }
    this.fail(part, isScalar(part) ? `${what} must be text: put it in quotes` : `${what} must be text`);
    return undefined;
  }

  #misplaced(name: string, what: string, { literal, secrets }: TextRules): string | null {
    if (literal) return `${what} takes no placeholder: write it out`;
    if (!secrets && this.names.secret.has(name)) return `the secret ${name} may only stand in environment`;
    return null;
  }

  /** Where each placeholder of a scalar stands in the source. */
  #offsets(part: Part): readonly number[] {
    const [from, to] = part.range ?? [0, 0];
    const offsets: number[] = [];
    for (let at = this.#text.indexOf(`\${{`, from); at >= 0 && at < to; at = this.#text.indexOf(`\${{`, at + 1)) {
      offsets.push(at);
    }
    return offsets;
  }

  #add(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.mistakes.push({ line: Math.max(line, 1), column: Math.max(col, 1), message });
  }
}

const numberWanted = (what: string) =>
  `${what} must be a number, or the placeholder of a number parameter and nothing else`;
