<%page args="view, english, portuguese"/>\
<nav aria-label="${view.t('Language')}">
% for href, code, name in ((english, "en", "English"), (portuguese, "pt-BR", "Português")):
<a href="${href}" lang="${code}" hreflang="${code}"${current if code == view.t.code else ""}>${name}</a>
% endfor
</nav>
