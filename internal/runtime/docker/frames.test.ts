import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { framesOf } from "./frames.ts";

function encode(stream: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("frames come out whole however the stream is cut", async () => {
  const payloads = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 50 })), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(payloads, fc.integer({ min: 1, max: 20 }), async (frames, size) => {
      const wire = Buffer.concat(frames.map(([stream, bytes]) => encode(stream, bytes)));
      const found = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
      for await (const { stream, bytes } of framesOf(cut(wire, size))) {
        found[stream] = Buffer.concat([found[stream], bytes]);
      }
      const expected = (wanted: number) =>
        Buffer.concat(frames.filter(([stream]) => stream === wanted).map(([, bytes]) => bytes));
      assert.deepEqual(found, { stdout: expected(1), stderr: expected(2) });
    }),
  );
});
