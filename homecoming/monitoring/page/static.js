// Shows the language of the browser; the links at the top show the other one, also without this.
(() => {
  "use strict";
  const root = document.documentElement;
  const titles = root.dataset;
  const say = () => {
    const target = document.getElementById(location.hash.slice(1));
    const portuguese = Boolean(target?.closest("#pt"));
    root.lang = portuguese ? "pt-BR" : "en";
    document.title = portuguese ? titles.titlePt : titles.titleEn;
  };
  const wanted = navigator.languages.find((one) => /^(pt|en)\b/i.test(one)) ?? "en";
  if (!location.hash && /^pt\b/i.test(wanted)) location.replace("#pt");
  addEventListener("hashchange", say);
  say();
})();
