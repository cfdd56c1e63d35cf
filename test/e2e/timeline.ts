/** One episode in seconds. Pure. */

/** The moments of an episode, in the order in which they are told, in epoch milliseconds. */
export interface Moments {
  stuck: number;
  firing: number;
  received: number;
  job: number;
  /** When a person approved, where one had to. */
  approved?: number;
  action: number;
  healed: number;
  resolved: number;
}

const words: Record<keyof Moments, string> = {
  stuck: "stuck",
  firing: "firing",
  received: "received",
  job: "Job",
  approved: "approved",
  action: "first action",
  healed: "healed",
  resolved: "resolved",
};

/** "stuck 0.0 → firing 7.1 → ...": seconds since the DaemonSet was stuck. */
export function timelineOf(moments: Moments): string {
  const order = Object.keys(words) as (keyof Moments)[];
  return order
    .flatMap((moment) => {
      const at = moments[moment];
      return at === undefined ? [] : [`${words[moment]} ${((at - moments.stuck) / 1000).toFixed(1)}`];
    })
    .join(" → ");
}
