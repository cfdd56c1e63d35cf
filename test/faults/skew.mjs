// Loaded by `node --import` before the program: its wall clock is OPERARIUS_TEST_SKEW_MS milliseconds ahead. Its timers are not.
const skewMs = Number(process.env.OPERARIUS_TEST_SKEW_MS ?? "0");
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + skewMs);
    else super(...args);
  }
  static now() {
    return RealDate.now() + skewMs;
  }
};
