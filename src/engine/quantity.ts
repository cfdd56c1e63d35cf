/** Kubernetes quantities ("250m", "8Gi", "1e3") as plain numbers (pure). Source: apimachinery pkg/api/resource/quantity.go. */
const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The amount in the quantity's own unit (cores, bytes, pieces); 0 for what is none. */
export function amountOf(quantity: string | number | undefined): number {
  const [, digits, unit = ""] =
    /^\+?(\d+\.?\d*|\.\d+)((?:[eE][+-]?\d+)|[a-zA-Z]{0,2})$/.exec(String(quantity ?? "")) ?? [];
  if (digits === undefined) return 0;
  if (/^[eE][+-]?\d/.test(unit)) return Number(`${digits}${unit}`);
  return Number(digits) * (FACTORS[unit] ?? 0);
}
