## The page as it is served: one language, refreshed by its script, or without one by the browser.
<!doctype html>
<html lang="${t.code}">
<head>
<%include file="head.html.mako" args="view=view"/>\
<style>${style}</style>
<noscript><meta http-equiv="refresh" content="30"></noscript>
</head>
<body>
<a class="skip" href="#content">${t("Skip to the content")}</a>
<header class="top">
<p class="name"><b>${name}</b> ${t("database")}</p>
<p class="refresh" id="refresh" hidden data-refreshed="${t('Refreshed at {time}')}"
 data-failed="${t('Not refreshed since {time}: the server does not answer')}"
 data-paused="${t('Paused since {time}')}" data-pause="${t('Pause')}" data-resume="${t('Resume')}"
 data-again="${t('The page is refreshed again')}" data-now="${t('Now: {verdict}')}"><span></span>
<button type="button">${t("Pause")}</button></p>
<%include file="languages.html.mako" args="view=view, english='?lang=en', portuguese='?lang=pt-BR'"/>\
</header>
<main id="content" tabindex="-1" data-page>
${content}\
</main>
<footer>
<p><a href="health">${t("Health as JSON")}</a> <a href="metrics">${t("Metrics for Prometheus")}</a></p>
<p>${t("Times are in UTC. Nothing here changes the database.")}</p>
</footer>
<p class="quiet" id="announcer" role="status"></p>
<script>${script}</script>
</body>
</html>
