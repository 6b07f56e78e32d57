/** A chore that is done now and then, such as ending what nobody decided in time. */
export type Chore = { readonly name: string; readonly every_seconds: number; readonly run: () => Promise<unknown> };

/** Does each chore at its pace, never two of one at a time; a failure is told and the chore goes on. */
export function startHousekeeping(
  chores: readonly Chore[],
  onError: (what: string, cause: unknown) => void,
): AsyncDisposable {
  const running = new Map<string, Promise<void>>();
  const timers = chores.map(({ name, every_seconds, run }) => {
    const timer = setInterval(() => {
      if (running.has(name)) return;
      const done = run()
        .then(
          () => {},
          (cause: unknown) => onError(`The chore "${name}" failed`, cause),
        )
        .finally(() => running.delete(name));
      running.set(name, done);
    }, every_seconds * 1000);
    timer.unref();
    return timer;
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}
