/** One message of a server-sent event stream. */
export type Message = { readonly id: string | undefined; readonly event: string; readonly data: string };

/** The messages of a response, as they come (HTML standard, server-sent events). Ends when the response does. */
export async function* messagesOf(response: Response, onBytes: () => void = () => {}): AsyncIterable<Message> {
  const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader() as
    | ReadableStreamDefaultReader<string>
    | undefined;
  let rest = "";
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const message = messageOf(block);
        if (message !== undefined) yield message;
      }
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

function messageOf(block: string): Message | undefined {
  const fields = block.split("\n").map((line) => /^([a-z]+): ?(.*)$/.exec(line));
  const valuesOf = (name: string) => fields.filter((field) => field?.[1] === name).map((field) => field?.[2] ?? "");
  const data = valuesOf("data");
  if (data.length === 0) return undefined;
  return { id: valuesOf("id").at(-1), event: valuesOf("event").at(-1) ?? "message", data: data.join("\n") };
}
