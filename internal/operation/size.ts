const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes for people: 1.5 GiB. */
export function sizeText(bytes: number): string {
  let [amount, unit] = [bytes, 0];
  while (amount >= 1024 && unit < units.length - 1) [amount, unit] = [amount / 1024, unit + 1];
  return `${Math.round(amount * 10) / 10} ${units[unit]}`;
}
