/** A piece of a command's output. */
export type Frame = { readonly stream: "stdout" | "stderr"; readonly bytes: Buffer };

const headerBytes = 8;

/**
 * Splits the engine's multiplexed stream: one byte stream number, three zero bytes, a big-endian length, the payload.
 * A long payload is passed on in the pieces it arrives in, so memory stays at the size of a piece.
 */
export async function* framesOf(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let header = Buffer.alloc(0);
  let left = 0;
  let stream: Frame["stream"] = "stdout";
  for await (const piece of source) {
    let rest = piece;
    while (rest.length > 0) {
      if (left === 0) {
        const missing = headerBytes - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (header.length < headerBytes) break;
        stream = header[0] === 2 ? "stderr" : "stdout";
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
      } else {
        const bytes = rest.subarray(0, left);
        rest = rest.subarray(bytes.length);
        left -= bytes.length;
        yield { stream, bytes };
      }
    }
  }
}
