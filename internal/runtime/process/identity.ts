import { readdir, readFile } from "node:fs/promises";

/** What bubblewrap wrote about a sandbox: its first process as this machine numbers it, and how the main program ended. */
export type Status = { readonly pid: number | null; readonly exit_code: number | null };

/** Reads bubblewrap's status lines; all null before it wrote any. */
export async function statusFrom(path: string): Promise<Status> {
  const text = await readFile(path, "utf8").catch(() => "");
  const number = (key: string) => {
    const found = new RegExp(`"${key}": (\\d+)`).exec(text)?.[1];
    return found === undefined ? null : Number(found);
  };
  return { pid: number("child-pid"), exit_code: number("exit-code") };
}

/** True when the process of this number is the one started with `token`, and not one that got its number later. */
export async function isRun(pid: number, token: string): Promise<boolean> {
  const [command, stat] = await Promise.all([readProc(pid, "cmdline"), readProc(pid, "stat")]);
  const state = stat.charAt(stat.lastIndexOf(")") + 2);
  return command.split("\0").includes(token) && state !== "Z" && state !== "X";
}

/** Every process on this machine that was started with `token`. */
export async function pidsOfRun(token: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await isRun(pid, token)) ? pid : null)));
  return found.filter((pid) => pid !== null);
}

/** The oldest process that a space's first process started: the main program. */
export async function mainOf(pid: number): Promise<number | null> {
  const [main] = (await readProc(pid, `task/${pid}/children`)).trim().split(" ");
  return main === undefined || main === "" ? null : Number(main);
}

/** When a process began, as the kernel counts it: with its number it names one process for ever. Empty for none. */
export async function startOf(pid: number): Promise<string> {
  const stat = await readProc(pid, "stat");
  // the program's name may contain blanks and brackets: fields are counted from its last bracket
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function readProc(pid: number, name: string): Promise<string> {
  return readFile(`/proc/${pid}/${name}`, "latin1").catch(() => "");
}
