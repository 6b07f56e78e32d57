/** True when the daemon may hand a space a user of its own. Otherwise a user namespace keeps it apart. */
export const isRoot = (): boolean => process.getuid?.() === 0;
