/**
 * What a merge patch (RFC 7386) has to say so that `value` takes the place of `before` as a whole: members that only
 * `before` has would stay, so they are removed by name.
 */
export function replacing(before: unknown, value: unknown): unknown {
  if (!isObject(before) || !isObject(value)) return value;
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(value, name));
  return Object.fromEntries([
    ...removed.map((name): [string, unknown] => [name, null]),
    ...Object.entries(value).map(([name, member]): [string, unknown] => [
      name,
      replacing(Object.hasOwn(before, name) ? before[name] : undefined, member),
    ]),
  ]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
