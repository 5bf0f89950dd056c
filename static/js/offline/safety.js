// The rule of companion/domain/safety.py for a phone without a connection. A test runs both on the same table.
const FALL_THAT_ASKS = 2;
const HANDS = ["left", "right"];
const MOVEMENTS = ["lift_wrist", "straighten_fingers", "pinch", "spread_fingers", "lift_foot"];
const STEPS = { as_usual: 2, weaker: 1, cannot: 0 };

/**
 * Whether to ask "Did it come within minutes or hours?": something new, or a hand or a movement two or more steps below any
 * entry of the last days. Days are `YYYY-MM-DD`; `hand` is a hand, or a movement and its side.
 */
export function asksWhenItCame({ today, earlier, ratings, somethingNew = false, lookBackDays = 3 }) {
  if (somethingNew) return true;
  const since = new Date(Date.parse(today) - lookBackDays * 86_400_000).toISOString().slice(0, 10);
  return earlier.some(({ hand, on, rating }) => on >= since && on <= today && typeof ratings[hand] === "number" && rating - ratings[hand] >= FALL_THAT_ASKS);
}

/** What can fall, in steps, as the fields of a form say it: `{"left": 3, "pinch left": 0}`. @param {[string, string][]} fields */
export function stepsIn(fields) {
  const said = Object.fromEntries(fields);
  const steps = {};
  for (const hand of HANDS) if (/^[0-4]$/.test(said[`${hand}_rating`] ?? "")) steps[hand] = Number(said[`${hand}_rating`]);
  for (const movement of MOVEMENTS) {
    for (const side of HANDS) {
      const step = STEPS[said[`movement_${movement}_${side}`] || said.rest];
      if (step !== undefined) steps[`${movement} ${side}`] = step;
    }
  }
  return steps;
}

/** The steps of a day as the rule compares them. @param {string} on @param {Record<string, number>} steps */
export function stepsOf(on, steps) {
  return Object.entries(steps).map(([hand, rating]) => ({ hand, on, rating }));
}
