/** Kubernetes quantities ("250m", "8Gi", "1e3") as plain numbers. */

const factors: Readonly<Record<string, number>> = {
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

/** The amount in the quantity's own unit (cores, bytes, pieces); 0 for what cannot be read. */
export function amount(quantity: string | number | undefined): number {
  if (typeof quantity === "number") return quantity;
  const parts = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})$/.exec(quantity ?? "");
  const factor = factors[parts?.[2] ?? ""];
  const value = Number(parts?.[1]) * (factor ?? Number.NaN);
  return Number.isFinite(value) ? value : 0;
}

/** CPU in whole thousandths of a core, rounded up as Quantity.MilliValue does. */
export function milliCores(quantity: string | number | undefined): number {
  return Math.ceil(amount(quantity) * 1000 - 1e-6);
}
