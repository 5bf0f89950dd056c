// The rule of companion/domain/safety.py for a phone without a connection. A test runs both on the same table.
const FALL_THAT_ASKS = 2;

/**
 * Whether to ask "Did it come within minutes or hours?": something new, or a hand two or more steps below any entry of the
 * last days. Days are `YYYY-MM-DD`.
 */
export function asksWhenItCame({ today, earlier, ratings, somethingNew = false, lookBackDays = 3 }) {
  if (somethingNew) return true;
  const since = new Date(Date.parse(today) - lookBackDays * 86_400_000).toISOString().slice(0, 10);
  return earlier.some(({ hand, on, rating }) => on >= since && on <= today && typeof ratings[hand] === "number" && rating - ratings[hand] >= FALL_THAT_ASKS);
}
