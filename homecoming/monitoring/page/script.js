// Fetches the page again and puts what changed in its place; focus, scroll position, open details and a selection stay.
(() => {
  "use strict";
  const line = document.getElementById("refresh");
  const main = document.querySelector("main");
  const announcer = document.getElementById("announcer");
  const said = line.querySelector("span");
  const button = line.querySelector("button");
  const words = line.dataset;
  const EVERY = 10000;
  const TIMEOUT = 30000;
  let last = new Date(), paused = false, failed = false, underWay = false, timer = 0;

  const clock = (moment) => moment.toISOString().slice(11, 19) + " UTC";
  const parts = (root) => new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  const text = (part) => part.className + part.hidden + part.innerHTML;
  let shown = new Map([...parts(main)].map(([name, part]) => [name, text(part)]));

  const put = (place, fresh) => {
    const open = new Map([...place.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
    const focused = place.contains(document.activeElement) ? document.activeElement : null;
    const owner = focused?.closest("[id]");
    const position = owner ? [owner, ...owner.querySelectorAll("*")].indexOf(focused) : -1;
    place.className = fresh.className;
    place.hidden = fresh.hidden;
    place.replaceChildren(...fresh.childNodes);
    for (const one of place.querySelectorAll("details[id]")) one.open = open.get(one.id) ?? one.open;
    if (owner && owner !== place) {
      const again = document.getElementById(owner.id);
      [again, ...(again?.querySelectorAll("*") ?? [])][position]?.focus({ preventScroll: true });
    }
  };

  const selected = (part) => {
    const selection = getSelection();
    return !selection.isCollapsed && selection.containsNode(part, true);
  };

  const update = (fresh) => {
    const verdict = document.querySelector("h1").textContent;
    const freshMain = fresh.querySelector("main");
    const arrived = parts(freshMain);
    const now = new Map([...arrived].map(([name, part]) => [name, text(part)]));
    const old = parts(main);
    if ([...arrived.keys()].join() !== [...old.keys()].join()) {
      put(main, freshMain);
    } else {
      for (const [name, part] of old) {
        if (now.get(name) === shown.get(name)) continue;
        if (selected(part)) now.set(name, shown.get(name));
        else put(part, arrived.get(name));
      }
    }
    shown = now;
    document.title = fresh.title;
    document.querySelector("link[rel=icon]").href = fresh.querySelector("link[rel=icon]").href;
    const current = document.querySelector("h1").textContent;
    if (current !== verdict) announcer.textContent = words.now.replace("{verdict}", current.trim());
  };

  const say = () => {
    const pattern = failed ? words.failed : paused ? words.paused : words.refreshed;
    said.textContent = pattern.replace("{time}", clock(last));
    document.documentElement.classList.toggle("stale", failed);
    button.textContent = paused ? words.resume : words.pause;
  };

  const refresh = async () => {
    if (underWay) return;
    underWay = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(location.href.split("#")[0], { signal: AbortSignal.timeout(TIMEOUT) });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !fresh.querySelector("main[data-page]")) throw new Error(String(answer.status));
      update(fresh);
      last = new Date();
      if (failed) announcer.textContent = words.again;
      failed = false;
    } catch {
      if (!failed) announcer.textContent = words.failed.replace("{time}", clock(last));
      failed = true;
    }
    underWay = false;
    say();
    next();
  };

  const next = () => {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(refresh, EVERY);
  };

  button.addEventListener("click", () => {
    paused = !paused;
    say();
    if (paused) clearTimeout(timer);
    else refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (!paused) refresh();
  });
  line.hidden = false;
  say();
  next();
})();
