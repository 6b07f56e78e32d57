import { Revealed } from "../ui/revealed.tsx";

/** The arguments of a call as a table: names on the left, values in full on the right. */
export function Arguments({ values }: { values: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(values);
  if (entries.length === 0) return <p className="text-sm text-dim">No arguments.</p>;
  return (
    <table className="w-full table-fixed border-collapse text-sm">
      <caption className="sr-only">Arguments</caption>
      <colgroup>
        <col className="w-[40%] sm:w-36" />
        <col />
      </colgroup>
      <tbody>
        {entries.map(([name, value]) => (
          <tr key={name} className="border-t border-line first:border-t-0">
            <th scope="row" className="py-1.5 pr-3 text-left align-top font-mono font-normal break-words text-dim">
              {name}
            </th>
            <td className="py-1.5 font-mono break-words whitespace-pre-wrap">
              <Revealed text={textOf(value)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
