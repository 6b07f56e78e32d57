/** A line nobody overlooks. */
export function warn(message: string): void {
  process.stderr.write(`\n*** test services: ${message}\n\n`);
}
