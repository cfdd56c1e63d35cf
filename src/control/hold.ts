/** Why a record may not go on now: said on the record, with numbers, and judged again later. Never an end. */
export interface Hold {
  /** CamelCase constant: `status.reason` of the Blocked record. */
  reason: string;
  /** One sentence for a person, with the numbers. */
  message: string;
  /** Milliseconds since the epoch of the end that is known; undefined: judged again after a while. */
  until?: number;
  /** How soon it is judged again when nothing is seen to change; default Limits.recheckMs. */
  recheckAfterMs?: number;
  /** Records that are held for the same root share it. */
  incident?: string;
  /** Waiting alone will not end it. */
  needsPerson: boolean;
}
