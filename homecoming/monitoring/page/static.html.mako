## The page as a file: one moment in both languages; Portuguese stands first, so that it can hide the other one.
<!doctype html>
<html lang="en" data-title-en="${views[1].title}" data-title-pt="${views[0].title}">
<head>
<meta http-equiv="Content-Security-Policy" content="${policy}">
<%include file="head.html.mako" args="view=views[1]"/>\
<style>${style}</style>
</head>
<body>
% for view, content in zip(views, contents):
<% t, p = view.t, view.prefix %>\
<div class="language" id="${p.rstrip('-')}" lang="${t.code}">
<a class="skip" href="#${p}content">${t("Skip to the content")}</a>
<header class="top">
<p class="name"><b>${name}</b> ${t("database")}</p>
<%include file="languages.html.mako" args="view=view, english='#en', portuguese='#pt'"/>\
</header>
<main id="${p}content" tabindex="-1">
${content}\
</main>
<footer>
<p>${t("This file is of one moment and does not refresh itself.")}</p>
<p>${t("Times are in UTC. Nothing here changes the database.")}</p>
</footer>
</div>
% endfor
<script>${script}</script>
</body>
</html>
