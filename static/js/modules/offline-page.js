import { clockWords } from "../offline/clock-words.js";
import { keptCopy } from "../offline/copy.js";
import { freshId, house } from "../offline/house.js";
import { REJECTED, inOrder, newEntry, saidIn } from "../offline/outbox.js";
import { asksWhenItCame, stepsIn, stepsOf } from "../offline/safety.js";
import { changeForm, dayOf, emptyForm, kindOf, madeAt, offBy, quickForm, withoutBefore } from "../offline/kept-forms.js";
import { drawn } from "../offline/tree.js";

const LAST_SHOWN = 5;
const VIEWS = new Map([
  ["/check-ins/new", "check-in"], ["/check-ins", "check-ins"], ["/medical-card", "card"],
  ["/check-ins/movements", "movements"], ["/check-ins/daily-hands", "daily_hands"], ["/check-ins/tapping", "tapping"],
]);

/** The page for the time without a connection, filled from what this phone keeps. */
export class OfflinePage {
  /** @param {Document} page */
  constructor(page) {
    this.root = page.querySelector("[data-offline]");
    this.lang = page.documentElement.lang;
    this.words = JSON.parse(this.root.dataset.words);
    this.show().catch(() => {});
    window.addEventListener("hashchange", () => window.location.reload());
    page.addEventListener("companion:outbox", () => this.view() === "waiting" && this.waiting());
  }

  view() {
    const { pathname } = window.location;
    if (VIEWS.has(pathname)) return VIEWS.get(pathname);
    if (/^\/check-ins\/[\w-]{22}\/edit$/.test(pathname)) return "change";
    if (/^\/check-ins\/[\w-]{22}$/.test(pathname)) return "check-ins";
    if (/^\/(infusions|calendar)(\/|$)/.test(pathname)) return "infusions";
    return pathname.startsWith("/offline/") ? pathname.slice("/offline/".length) : "today";
  }

  async show() {
    Object.assign(this, await house());
    Object.assign(document.documentElement.dataset, await this.store.flag("look"));
    if (await this.store.flag("leaving")) return this.put(this.part("left"));
    this.copy = await keptCopy(this.store);
    const view = this.view();
    this.isLocked = await this.lock();
    if (this.isLocked && view !== "saved" && (view !== "check-in" || this.asked("edit") || !this.copy?.circles?.length)) return this.put(this.part("locked"));
    if (view === "waiting") return this.waiting();
    if (view === "saved") return this.saved(window.location.hash.slice(1));
    if (!this.copy?.circles?.length) return undefined;
    if (["check-in", "change", "movements", "daily_hands", "tapping"].includes(view)) return this.form(view);
    if (view === "check-ins") return this.checkIns();
    if (view === "card" && this.copy.circles.some((one) => one.medical_card)) return this.cards();
    return view === "infusions" ? this.infusions() : this.today();
  }

  /** Whether nobody used this phone's copy for as long as its person chose; looking at it now is a use. */
  async lock() {
    const minutes = await this.store.flag("lock_minutes");
    if (!minutes) return false;
    const unused = Date.now() - ((await this.store.flag("used_at")) ?? 0);
    if (unused < 0 || unused >= minutes * 60_000) return true;
    await this.store.setFlag("used_at", Date.now());
    setTimeout(() => document.querySelector("form[data-module~=queue]") || window.location.reload(), minutes * 60_000);
    return false;
  }

  /* --- drawing --- */
  part(name, slots = {}) {
    const template = document.querySelector(`template[data-part="${name}"]`);
    const piece = template.content.cloneNode(true);
    for (const [slot, content] of Object.entries(slots)) {
      const place = piece.querySelector(`[data-slot="${slot}"]`);
      if (content === null || content === "") place?.remove();
      else if (content !== true) place?.replaceChildren(...[content].flat());
    }
    return piece;
  }

  put(...pieces) {
    this.root.replaceChildren(...pieces);
    document.title = [this.root.querySelector("h1")?.textContent, document.title.split(" · ").at(-1)].filter(Boolean).join(" · ");
  }

  rating(value) {
    return this.part(`rating-${value ?? "none"}`);
  }

  format(options, at) {
    return new Intl.DateTimeFormat(this.lang === "en" ? "en-GB" : this.lang, options).format(at);
  }

  kept() {
    const at = this.format({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }, this.copy.keptAt);
    return this.words.kept.replace("{when}", at);
  }

  far(on) {
    const today = new Date();
    const days = Math.round((Date.parse(on) - Date.UTC(today.getFullYear(), today.getMonth(), today.getDate())) / 86_400_000);
    if (days === 0) return this.words.today;
    if (days === 1) return this.words.tomorrow;
    return days > 1 ? this.words.inDays.replace("{n}", String(days)) : null;
  }

  infusionSlots(one) {
    const sure = one.booked ? this.words.booked : this.words.expected;
    return { title: one.title, far: this.far(one.on), when: one.day, facts: one.facts, sure };
  }

  ahead(circle) {
    return (circle.infusions ?? []).filter((one) => this.far(one.on) !== null);
  }

  /* --- the views --- */
  async today() {
    this.unsent = await this.store.entries();
    const skewMs = (await this.store.flag("skew_ms")) ?? 0;
    const date = this.format({ weekday: "long", day: "numeric", month: "long" }, Date.now());
    this.put(this.part("today", { date, kept: this.kept(), clock: clockWords(this.words.clockNow, Date.now(), skewMs), circles: this.copy.circles.map((one) => this.circle(one)) }));
    this.root.dispatchEvent(new Event("companion:drawn", { bubbles: true }));
  }

  circle(circle) {
    const [next] = this.ahead(circle);
    const quick = this.quick(circle);
    const rows = (circle.check_ins ?? []).slice(0, LAST_SHOWN).map((one) => this.part("row", { day: one.day, left: this.rating(one.left), right: this.rating(one.right) }));
    const piece = this.part("circle", {
      name: circle.name ?? null,
      next: next ? true : null,
      "no-next": next || !circle.infusions ? null : true,
      "check-in": circle.rights.includes("write_check_ins") ? true : null,
      hands: quick ? true : null,
      same: this.canRepeat(circle) ? true : null,
      tiles: quick,
      last: rows.length ? true : null,
      parts: Object.values(this.copy.parts?.[circle.id] ?? {}).some(Boolean) ? true : null,
      card: circle.medical_card ? true : null,
    });
    if (next) this.fill(piece.querySelector("[data-slot=next]"), this.infusionSlots(next));
    if (this.canRepeat(circle)) this.offerSame(piece.querySelector("[data-slot=same]"), circle);
    for (const link of piece.querySelectorAll("[data-kept]")) if (!this.copy.parts?.[circle.id]?.[link.dataset.kept]) link.remove();
    if (rows.length) piece.querySelector("[data-slot=rows]").replaceChildren(...rows);
    if (quick) piece.querySelector("[href='/offline/check-in']").classList.remove("button--main");
    return piece;
  }

  /** The daily question in place, as on Today: where it is one's own circle, and today has no answer that is known here. */
  quick(circle) {
    const tree = circle.is_patient && this.copy.forms[circle.id];
    const today = dayOf({ fields: [], recordedAt: Date.now() });
    const isAnswered = (circle.check_ins ?? []).some((one) => one.on === today) || this.unsent.some((one) => !kindOf(one).edited && dayOf(one) === today);
    return tree && !isAnswered ? quickForm(tree, { circle: circle.id, freshId: freshId(), save: this.part("save") }) : null;
  }

  /** Only what the reader sees can be the same: with something unsent, the last check-in is not the one that is kept here. */
  canRepeat(circle) {
    const [last] = circle.check_ins ?? [];
    return Boolean(last) && !this.unsent.length && (last.left !== null || last.right !== null);
  }

  offerSame(place, circle) {
    const [last] = circle.check_ins;
    const said = ["left", "right"].filter((hand) => last[hand] !== null);
    const word = (hand) => this.rating(last[hand]).querySelector("strong").textContent;
    place.querySelector(".button__note").textContent = said.map((hand) => `${place.dataset[hand]}: ${word(hand)}`).join(this.lang === "en" ? ", " : "，");
    const fields = [["circle", circle.id], ["repeated", "y"], ...said.map((hand) => [`${hand}_rating`, String(last[hand])])];
    place.querySelector("button").addEventListener("click", async () => {
      const skewMs = (await this.store.flag("skew_ms")) ?? null;
      const { id } = await this.sync.add({ id: freshId(), route: "/check-ins", fields, owner: this.owner, skewMs });
      window.location.assign(`/offline/saved#${id}`);
    }, { once: true });
  }

  fill(root, slots) {
    for (const [slot, text] of Object.entries(slots)) {
      const place = root.querySelector(`[data-slot="${slot}"]`);
      if (text) place.textContent = text;
      else place.remove();
    }
  }

  infusions() {
    const list = this.copy.circles.flatMap((circle) => this.ahead(circle)).map((one) => this.part("infusion", this.infusionSlots(one)));
    this.put(this.part("infusions", { kept: this.kept(), list: list.length ? list : this.words.noDates }));
  }

  /** The cards of all circles, each in both languages, for whoever has to read them. */
  cards() {
    const lines = (pairs) => pairs.map(([label, text]) => this.part("line", { label, text }));
    const faces = this.copy.circles.flatMap((circle) => circle.medical_card ?? []).map((face) => {
      const { title, warning, source, as_of, front, back } = face;
      const piece = this.part("face", { title, warning, source, as_of, front: lines(front), back: lines(back) });
      piece.querySelector("article").lang = face.lang;
      return piece;
    });
    this.put(this.part("card", { kept: this.kept(), faces }));
  }

  /** The form of this address, or of an entry that waits (`#edit=`). */
  async form(view) {
    const entries = await this.store.entries();
    let entry = entries.find((one) => one.id === this.asked("edit")) ?? null;
    const edited = entry ? kindOf(entry).edited : view === "change" ? window.location.pathname.split("/")[2] : null;
    if (edited) return this.change(edited, entry ?? entries.find((one) => kindOf(one).edited === edited) ?? null);
    const part = entry ? kindOf(entry).part : view === "check-in" ? null : view;
    const treesOf = (one) => (part ? this.copy.parts?.[one.id]?.[part] : this.copy.forms[one.id] && { form: this.copy.forms[one.id] });
    const writing = this.copy.circles.filter(treesOf);
    if (!writing.length) return this.put(this.part("no-form"));
    const named = entry ? kindOf(entry).circle : this.asked("circle") ?? new URLSearchParams(window.location.search).get("circle");
    const circle = writing.find((one) => one.id === named) ?? (writing.length === 1 ? writing[0] : null);
    if (!circle) return this.choose(writing);
    const trees = treesOf(circle);
    return this.showForm(circle, emptyForm(trees.form, { circle: circle.id, freshId: freshId(), entry }), trees.dock, entry);
  }

  /** A check-in that the server has: from the copy, or as a change that waits left it. */
  change(id, entry) {
    const circle = this.copy.circles.find((one) => one.check_ins?.some((row) => row.id === id)) ?? (entry && this.circleOf(entry));
    const row = circle?.check_ins?.find((one) => one.id === id) ?? null;
    const tree = circle && this.copy.forms[circle.id];
    if (!tree || !(row || entry)) return this.put(this.part("no-change"));
    return this.showForm(circle, changeForm(tree, { id, row, entry, circle: circle.id, heading: this.words.changeHeading }), null, entry);
  }

  showForm(circle, form, dock, entry) {
    if (this.isLocked) withoutBefore(form);
    const told = entry?.state === REJECTED ? entry.words.map((words) => this.part("told", { words })) : null;
    this.put(this.part("check-in", { circle: circle.name ?? null, told: told?.length ? told : null, form }));
    document.querySelector(".nav")?.remove();
    const foot = this.part("dock");
    if (dock) foot.firstElementChild.replaceWith(drawn(dock));
    else foot.querySelector("button").setAttribute("form", form.id);
    document.querySelector(".page").append(foot);
    this.root.dispatchEvent(new Event("companion:drawn", { bubbles: true }));
  }

  /** All that is kept of the last fourteen days, each with the way to change it. */
  async checkIns() {
    const changed = new Set((await this.store.entries()).map((one) => kindOf(one).edited));
    const rows = this.copy.circles.flatMap((circle) => circle.check_ins ?? []).filter((one) => one.id).map((one) => {
      const piece = this.part("mine", { day: one.day, left: this.rating(one.left), right: this.rating(one.right), state: changed.has(one.id) ? true : null });
      piece.querySelector("a").href = `/check-ins/${one.id}/edit`;
      return piece;
    });
    this.put(this.part("check-ins", { kept: this.kept(), list: rows.length ? rows : this.words.noCheckIns }));
  }

  asked(name) {
    return new URLSearchParams(window.location.hash.slice(1)).get(name);
  }

  choose(circles) {
    const list = circles.map((one) => this.link(one.name ?? this.words.own, `${window.location.pathname}#circle=${one.id}`));
    this.put(this.part("choose", { list }));
  }

  link(text, href) {
    const piece = this.part("link");
    piece.querySelector("a").href = href;
    piece.querySelector(".button__text").textContent = text;
    return piece;
  }

  async saved(id) {
    const entry = (await this.store.entries()).find((one) => one.id === id);
    if (!entry) return this.put(this.part("sent"));
    if (entry.state === REJECTED && !this.isLocked) return this.waiting();
    if (await this.asksWhenItCame(entry)) return this.safety(entry);
    return this.showSaved(entry);
  }

  showSaved(entry) {
    this.put(this.part("saved", { clock: this.clockWords(entry) }));
    this.root.querySelector("[data-undo]").addEventListener("click", () => this.takeBack(entry), { once: true });
  }

  /** Where the server has it by now, its own page takes it back, and a change is looked at there. */
  async takeBack(entry) {
    const row = await this.sync.takeBack(entry.id);
    const { edited } = kindOf(entry);
    if (!row || edited) return window.location.assign(row ? `/check-ins/${edited}` : "/offline");
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: `/check-ins/${row}/deletion`, hidden: true });
    document.body.append(form);
    return form.submit();
  }

  circleOf(entry) {
    const named = Object.fromEntries(entry.fields).circle;
    return this.copy?.circles.find((one) => one.id === named) ?? this.copy?.circles[0];
  }

  /** The rule of domain/safety.py, on what this phone knows. @param {import("../offline/outbox.js").Entry} entry */
  async asksWhenItCame(entry) {
    const circle = this.circleOf(entry);
    const rows = circle?.check_ins ?? []; // newest first: a change is compared with what came before it
    const earlier = rows.slice(1 + rows.findIndex((row) => row.id === kindOf(entry).edited)).flatMap((row) => stepsOf(row.on, stepsOfRow(row)));
    for (const one of await this.store.entries()) {
      if (one.id !== entry.id && one.recordedAt <= entry.recordedAt) earlier.push(...stepsOf(dayOf(one), stepsIn(one.fields)));
    }
    const isNew = entry.fields.some(([name, value]) => name === "symptoms" && value === "something_new");
    return asksWhenItCame({ today: dayOf(entry), earlier, ratings: stepsIn(entry.fields), somethingNew: isNew, lookBackDays: circle?.look_back_days });
  }

  safety(entry) {
    const circle = this.circleOf(entry);
    this.put(this.part("safety"));
    const country = circle?.emergency?.country;
    if (country) this.root.querySelector("[data-slot=yes]").href = `/emergency?country=${country}`;
    this.root.querySelector("[data-no]").addEventListener("click", () => this.contacts(circle));
  }

  contacts(circle) {
    const list = (circle?.contacts ?? []).filter((one) => one.kind !== "after_hours").map((one, place) => {
      const piece = this.part("call");
      const link = piece.querySelector("a");
      link.href = `tel:${one.phone.replace(/[ \-()]/g, "")}`;
      link.classList.toggle("button--main", place === 0);
      link.querySelector(".button__text").firstChild.data = one.name ? this.words.call.replace("{name}", one.name) : this.words.callPlain;
      link.querySelector(".button__note").textContent = one.phone;
      return piece;
    });
    this.put(this.part("contacts", { list: list.length ? list : null }));
    this.root.querySelector("h1").focus({ preventScroll: true });
  }

  async waiting() {
    const mine = inOrder(await this.store.entries()).filter((one) => one.owner === this.owner);
    const bar = this.gone ? [this.goneBar(this.gone)] : [];
    const list = mine.map((one) => this.entry(one));
    this.put(...bar, list.length ? this.part("waiting", { list }) : this.part("none-waiting"));
  }

  /** What the clock of this device said, and which time is used; nothing where it was right. @param {import("../offline/outbox.js").Entry} entry */
  clockWords(entry) {
    return clockWords(this.words.clock, entry.recordedAt, offBy(entry));
  }

  /** What kind of entry it is, where it is no plain check-in. */
  kindWords(entry) {
    const { edited, part } = kindOf(entry);
    if (!edited) return this.words.parts[part] ?? null;
    const [year, month, day] = dayOf(entry).split("-").map(Number);
    return this.words.change.replace("{day}", this.format({ weekday: "short", day: "numeric", month: "short" }, new Date(year, month - 1, day)));
  }

  entry(entry) {
    const said = Object.fromEntries(saidIn(entry));
    const isRefused = entry.state === REJECTED;
    const ratings = stepsIn(entry.fields);
    const lines = isRefused ? [...entry.words, this.words.reasons[entry.reason]].filter(Boolean).map((words) => this.part("line-of-words", { words })) : [];
    const isRated = ratings.left !== undefined || ratings.right !== undefined || !kindOf(entry).part;
    const piece = this.part("entry", {
      when: this.format({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }, madeAt(entry)),
      kind: this.kindWords(entry),
      ratings: isRated ? true : null,
      left: this.rating(ratings.left),
      right: this.rating(ratings.right),
      note: said.note || null,
      state: isRefused ? this.words.refused : this.words.waits,
      words: lines.length ? lines : null,
      clock: this.clockWords(entry),
    });
    piece.querySelector("[data-change]").addEventListener("click", () => window.location.assign(`/offline/check-in#edit=${entry.id}`));
    piece.querySelector("[data-delete]").addEventListener("click", () => this.discard(entry));
    return piece;
  }

  async discard(entry) {
    this.gone = entry;
    await this.sync.discard(entry.id);
    await this.waiting();
  }

  /** Undo puts the very same entry back, under its key. */
  goneBar(entry) {
    const piece = this.part("entry-gone");
    piece.querySelector("[data-back]").addEventListener("click", async () => {
      this.gone = null;
      const fresh = newEntry({ ...entry });
      await this.store.add({ ...fresh, state: entry.state, version: entry.version + 1, words: entry.words, reason: entry.reason, fields: entry.fields });
      await this.waiting();
    });
    return piece;
  }
}

/** Ratings, and where the copy has them the movements, of a check-in that the server has. */
function stepsOfRow(row) {
  const rated = Object.entries({ left: row.left, right: row.right }).filter(([, rating]) => rating !== null);
  return { ...Object.fromEntries(rated), ...row.movements };
}
