/** Label selectors as kubectl writes them: `a=b,c!=d,e,!f,g in (x,y),h notin (z)` (pure). */

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

const KEY = "[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?";
const VALUE = "[-A-Za-z0-9_.]*";
const SET = new RegExp(`^(${KEY}) +(in|notin) +\\(([^)]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY}) *(==|=|!=) *(${VALUE})$`);
const PRESENCE = new RegExp(`^(!?) *(${KEY})$`);

/** Labels have no keys but their own. */
function labelOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function requirementOf(text: string): Requirement | undefined {
  const set = SET.exec(text);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    if (!values.every((value) => new RegExp(`^${VALUE}$`).test(value))) return undefined;
    return (labels) => {
      const value = labelOf(labels, key);
      return operator === "in"
        ? value !== undefined && values.includes(value)
        : value === undefined || !values.includes(value);
    };
  }
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const [, key = "", operator, value = ""] = equality;
    return (labels) => (operator === "!=" ? labelOf(labels, key) !== value : labelOf(labels, key) === value);
  }
  const presence = PRESENCE.exec(text);
  if (presence === null) return undefined;
  const [, not, key = ""] = presence;
  return (labels) => (labelOf(labels, key) !== undefined) === (not === "");
}

function requirements(selector: string): (Requirement | undefined)[] {
  // Commas within parentheses belong to a set.
  return selector.split(/,(?![^(]*\))/).map((text) => requirementOf(text.trim()));
}

/** Whether it can be read. "" selects everything. */
export function isSelector(selector: string): boolean {
  return selector.trim() === "" || !requirements(selector).includes(undefined);
}

/** Whether the labels satisfy all of it. One that cannot be read selects nothing: empty never means everything by mistake. */
export function matchesSelector(selector: string, labels: Readonly<Record<string, string>>): boolean {
  return selector.trim() === "" || requirements(selector).every((requirement) => requirement?.(labels) ?? false);
}
