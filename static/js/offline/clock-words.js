// A device whose clock is wrong is told so in one sentence: what it says, and which time is used.
const FAR_OFF_MS = 5 * 60_000;

/** How far a clock is off where that is worth a word, else 0. @param {number} skewMs */
export function farOff(skewMs) {
  return Math.abs(skewMs) > FAR_OFF_MS ? skewMs : 0;
}

/** The sentence with both times filled in, or null where the clock is right. @param {string} words @param {number} at @param {number} skewMs */
export function clockWords(words, at, skewMs) {
  if (!farOff(skewMs)) return null;
  const { lang } = document.documentElement;
  const style = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" };
  const told = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, style);
  return words.replace("{told}", told.format(at)).replace("{right}", told.format(at + skewMs));
}
