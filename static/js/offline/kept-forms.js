// The forms that this phone keeps, drawn again: an empty check-in, its parts, and a change of a check-in that the server has.
import { farOff } from "./clock-words.js";
import { saidIn } from "./outbox.js";
import { drawn } from "./tree.js";

const CHANGE = /^\/check-ins\/([\w-]{22})$/;

/** What an entry is: a change of a check-in, one of the parts, or a plain check-in. @param {import("./outbox.js").Entry} entry */
export function kindOf(entry) {
  const edited = CHANGE.exec(entry.route)?.[1] ?? null;
  const said = Object.fromEntries(saidIn(entry));
  return { edited, part: edited ? null : (said.page ?? null), circle: said.circle ?? null };
}

/** How far the clock of this device was off when it was entered, in ms; 0 where it was right or nobody knew. @param {import("./outbox.js").Entry} entry */
export function offBy(entry) {
  return farOff(Number(Object.fromEntries(entry.fields).clock_skew_ms ?? 0));
}

/** When it was entered, as far as this phone can tell. @param {import("./outbox.js").Entry} entry */
export function madeAt(entry) {
  return entry.recordedAt + offBy(entry);
}

/** The local day that an entry is about. @param {import("./outbox.js").Entry} entry */
export function dayOf(entry) {
  const said = Object.fromEntries(entry.fields);
  if (/^\d{4}-\d\d-\d\d$/.test(said.day ?? "")) return said.day;
  if (said.day === "other" && said.on) return said.on;
  const at = new Date(madeAt(entry));
  if (said.day === "yesterday") at.setDate(at.getDate() - 1);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** An empty form with a key of its own; with an entry, as that was filled in. */
export function emptyForm(tree, { circle, freshId, entry = null }) {
  const form = drawn(tree);
  form.querySelector("[name=client_id]").value = freshId;
  if (!form.querySelector("[name=circle]")) form.append(hidden("circle", circle));
  if (entry) fill(form, saidIn(entry), entry);
  return form;
}

/** The two hands alone and Save, for a page that asks nothing else. @param {Node} save */
export function quickForm(tree, { circle, freshId, save }) {
  const whole = emptyForm(tree, { circle, freshId });
  const form = whole.cloneNode(false);
  form.id = `quick-${circle}`;
  form.className = "check-in check-in--long stack";
  form.append(...whole.querySelectorAll("[name=client_id], [name=circle]"), whole.querySelector(".tiles--hands"), save);
  return form;
}

/** While the pages are locked a form shows nothing of before: it only writes. @param {HTMLFormElement} form */
export function withoutBefore(form) {
  for (const one of form.querySelectorAll("#last-time, .tiles--hands .tile__note, .stepper [id$='-last']")) one.remove();
  for (const one of form.querySelectorAll("[data-last]")) one.dataset.last = "";
  for (const one of form.querySelectorAll(".stepper__input")) {
    one.placeholder = "–";
    one.removeAttribute("aria-describedby");
  }
  return form;
}

/** The form of a check-in that the server has. `row` is the copy of it, `entry` a change that waits; one of them may be missing. */
export function changeForm(tree, { id, row, entry, circle, heading }) {
  const form = drawn(tree);
  form.setAttribute("action", `/check-ins/${id}`);
  form.querySelector("[name=client_id]").remove();
  form.querySelector("h1").textContent = heading;
  for (const note of form.querySelectorAll(".tiles--hands .tile__note")) note.remove();
  const said = entry ? saidIn(entry) : answersOf(row);
  if (!said.some(([name]) => name === "note")) form.querySelector("[name=note]")?.closest(".field").remove();
  const meter = Object.fromEntries(said).device ?? row?.more.device?.[0];
  if (meter && form.querySelector("[name=device]") && form.querySelector("[name=device]").value !== meter) {
    form.querySelector("[name=device]").remove();
    form.querySelector("[aria-labelledby=grip]")?.remove(); // measured with another meter: its numbers stay as they are
  }
  const madeFrom = entry?.madeFrom ?? Object.fromEntries(said).made_from ?? row.version;
  const always = [["circle", circle], ["made_from", madeFrom]];
  if (entry?.reason === "deleted_meanwhile") always.push(["bring_back", "y"]);
  fill(form, [...said.filter(([name]) => !always.some(([other]) => other === name)), ...always], entry);
  return form;
}

function answersOf(row) {
  const ratings = [["left_rating", row.left], ["right_rating", row.right]].filter(([, value]) => value !== null);
  const more = Object.entries(row.more).flatMap(([name, values]) => values.map((value) => [name, value]));
  return [...ratings.map(([name, value]) => [name, String(value)]), ...more, ["day", row.on]];
}

/** What was said, into its fields; what the form does not ask goes along unseen, so that nothing is lost. */
function fill(form, said, entry) {
  if (entry) form.dataset.entry = entry.id;
  const pairs = withDay(form, said);
  for (const field of [...form.elements]) {
    const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (field.name && values.length && field.name !== "client_id") [field.value] = values;
  }
  const asked = new Set([...form.elements].map((field) => field.name));
  for (const [name, value] of pairs) if (!asked.has(name) && name !== "rest") form.append(hidden(name, value));
  for (const more of form.querySelectorAll("details")) more.open = true;
}

/** A day that this form has no tile for is "another day". */
function withDay(form, said) {
  const day = Object.fromEntries(said).day;
  const isThere = [...form.querySelectorAll("[name=day]")].some((one) => one.value === day);
  if (!day || isThere || !/^\d{4}-/.test(day)) return said;
  return [...said.filter(([name]) => name !== "day" && name !== "on"), ["day", "other"], ["on", day]];
}

function hidden(name, value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  return field;
}
