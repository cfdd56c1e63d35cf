/**
 * Makes a value safe inside a container's command, args or env value, where Kubernetes replaces `$(NAME)`
 * (third_party/forked/golang/expansion): a `$` that would start a reference or an escape is doubled, and a `$` at the
 * end too, because text may follow. `before` is the text in front of the value; when that ends in an open `$`, the
 * dollar is closed first.
 */
export function escapeReferences(value: string, before = ""): string {
  const escaped = value.replaceAll(/\$(?=[$(]|$)/g, "$$$$");
  const dollars = /\$*$/.exec(before)?.[0].length ?? 0;
  return dollars % 2 === 1 && /^[($]/.test(value) ? `$${escaped}` : escaped;
}
