/** As the ref of a page's first field: who came to fill it in can type at once. */
export function focusOnce(node: HTMLInputElement | null): void {
  node?.focus({ preventScroll: true });
}
