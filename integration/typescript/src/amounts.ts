const patoshiPerPSL = 100_000;

/** Writes patoshi as PSL, exactly: 350000253 becomes "3,500.00253". */
export function formatPSL(patoshi: number): string {
  if (!Number.isSafeInteger(patoshi)) {
    throw new RangeError(`${patoshi} is not a whole number of patoshi`);
  }
  const size = Math.abs(patoshi);
  const whole = Math.floor(size / patoshiPerPSL).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = (size % patoshiPerPSL).toString().padStart(5, "0").replace(/0+$/, "");
  return (patoshi < 0 ? "-" : "") + whole + (rest ? "." + rest : "");
}

/** Reads PSL as patoshi, exactly: "3,500.00253" becomes 350000253. */
export function parsePSL(psl: string): number {
  const match = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,5}))?$/.exec(psl.trim());
  if (!match) {
    throw new RangeError(`${JSON.stringify(psl.slice(0, 40))} is not an amount in PSL, such as 3,500.00253`);
  }
  const [, sign, whole = "", rest = ""] = match;
  const patoshi = Number(whole.replaceAll(",", "") + rest.padEnd(5, "0"));
  if (!Number.isSafeInteger(patoshi)) {
    throw new RangeError("the amount is larger than all PSL that can exist");
  }
  return sign && patoshi ? -patoshi : patoshi;
}
