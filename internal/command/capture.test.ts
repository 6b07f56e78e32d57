import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "./capture.ts";

function captured(limit: number, ...chunks: (string | Buffer)[]): Capture {
  const capture = new Capture(limit);
  for (const chunk of chunks) capture.write(chunk);
  return capture;
}

test("keeps everything up to the limit", () => {
  const capture = captured(10, "hello", "world");
  assert.deepEqual([capture.text(), capture.bytes, capture.cut], ["helloworld", 10, false]);
});

test("keeps the beginning and the end of more, however it comes", () => {
  const text = Array.from({ length: 5000 }, (_, index) => `${index}\n`).join("");
  const whole = captured(100, text);
  const bits = captured(100, ...text);
  for (const capture of [whole, bits]) {
    assert.deepEqual([capture.bytes, capture.cut], [text.length, true]);
    const [head, , ...tail] = capture.text().split(/\n(\[.*\])\n/);
    assert.equal(head, text.slice(0, 50));
    assert.equal(tail.join(""), text.slice(-50));
    assert.match(capture.text(), new RegExp(`${text.length - 100} bytes left out`));
  }
});

test("does not break a character where it cuts", () => {
  for (const shift of ["", "a", "ab", "abc"]) {
    assert.doesNotMatch(captured(64, shift + "👩é日".repeat(50)).text(), /\ufffd/);
  }
});

test("makes what is no text safe", () => {
  assert.equal(captured(100, Buffer.from([0x61, 0xff, 0x00, 0x08, 0x62])).text(), "a\ufffd\ufffd\ufffdb");
  assert.equal(captured(100, "\x1b[31mred\x1b[0m\tok\r\n").text(), "\x1b[31mred\x1b[0m\tok\r\n");
});

test("knows the last line", () => {
  assert.equal(captured(1000, "one\ntwo\r\nthree\n\n").lastLine(), "three");
  assert.equal(captured(40, "x".repeat(100), "\nlast one\n").lastLine(), "last one");
  assert.equal(captured(10).lastLine(), "");
});
