<%page args="view"/>\
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="${favicon(view.verdict.tone)}">
<title>${view.title}</title>
