## What a snapshot says, section by section: the main part of either form of the page.
<%
snapshot, problem, verdict, p = view.snapshot, view.snapshot.problem, view.verdict, view.prefix
journal, vitals = snapshot.journal, snapshot.vitals
%>\
\
<%def name="state(one)"><span class="state ${one}">${icon(one)}<span class="quiet">${t(words[one])}: </span></span></%def>\
\
<%def name="rung(step)">
<li class="${'applied' if step.applied else 'pending'}${' edited' if step.edited else ''}${' here' if step.revision == snapshot.revision else ''}">
<span class="number">${step.revision}</span>
<span class="title"><span lang="${t.lang(step.title)}">${t(step.title)}</span>
% if step.revision == snapshot.revision:
<span class="chip here">${t("the database is here")}</span>
% endif
% if step.revision == snapshot.head:
<span class="chip">${t("head")}</span>
% endif
% if step.edited:
<span class="chip warning">${t("edited since it was applied")}</span>
% endif
</span>
<span class="when">\
% if not step.applied:
${t("pending")}\
% elif step.applied_at is None:
${t("applied, when is not recorded")}\
% else:
<span class="quiet">${t("applied")} </span>${view.time(step.applied_at, zone="")}\
% if step.seconds is not None:
<span class="took">${t.seconds(step.seconds)}</span>\
% endif
% endif
</span>
</li>
</%def>\
\
<%def name="fact(name, value, note='', tone='')">
<div class="${tone}"><dt>${name}</dt><dd>${value}${Markup(' <small>{}</small>').format(note) if note else ''}</dd></div>
</%def>\
\
<section class="verdict ${verdict.tone}" aria-labelledby="${p}verdict" data-part="verdict">
${icon(verdict.tone)}
<div>
<h1 id="${p}verdict"><span class="quiet">${t("State of the database")}: </span>${verdict.word}</h1>
<p class="sentence">${verdict.sentence}</p>
<p class="looked">
% if snapshot.database:
<b>${t(snapshot.database)}</b>
% endif
<span>${t.markup("Looked at {time}", time=view.time(snapshot.taken_at, exact=True))}</span></p>
</div>
</section>

<section class="reasons" aria-labelledby="${p}reasons" data-part="reasons"${"" if view.reasons else Markup(" hidden")}>
<h2 id="${p}reasons">${t("Why, and what to do")}</h2>
<ul>
% for reason in view.reasons:
<li class="${reason.state}">${state(reason.state)}
<div><h3>${reason.name}</h3>
<p class="what">${reason.what}</p>
% if reason.todo:
<p class="next"><b>${t("Next")}</b> ${reason.todo}</p>
% endif
</div></li>
% endfor
</ul>
</section>

% if problem is None:
<section aria-label="${t('In numbers')}" data-part="facts">
<dl class="facts">
${fact(t("Revision"), snapshot.revision or "–", t("head") if snapshot.revision == snapshot.head else t("of {head}", head=snapshot.head))}
${fact(t("Pending"), t.number(len(snapshot.pending)), "", "warning" if snapshot.pending and not snapshot.empty else "")}
${fact(t("Differences"), t.number(len(snapshot.drift)) if not snapshot.pending else "–", t("asked at head") if snapshot.pending else "", "failed" if snapshot.drift else "")}
% if vitals is not None:
${fact(t("Round trip"), t.seconds(vitals.latency))}
% if vitals.size is not None:
${fact(t("Size"), t.size(vitals.size))}
% endif
${fact(t("Server"), vitals.version.partition(" ")[2] or vitals.version, vitals.version.partition(" ")[0])}
% endif
</dl>
</section>
% endif

<div class="columns${'' if problem is None else ' known'}">
% if problem is None:
<div class="wide">
<section aria-labelledby="${p}drift" data-part="drift">
<h2 id="${p}drift">${t("Differences from the schema")}</h2>
% if snapshot.pending:
<p class="calm">${t("Compared once the database is at head: what differs now is what the pending revisions are for.")}</p>
% elif not snapshot.drift:
<p class="calm">${t("None. Tables, columns, types, keys, indexes, enums, triggers and sequences are as the application needs them.")}</p>
% else:
<p class="kinds">
% for kind, count in view.kinds:
<span class="chip">${t(kind)} <b>${t.number(count)}</b></span>
% endfor
</p>
<ul class="findings">
% for finding in view.drift:
<li>
<h3><span class="kind">${t(finding.kind)}</span> <code>${t(finding.object)}</code></h3>
<p lang="${t.lang(finding.why)}">${t(finding.why)}</p>
<dl>
<div><dt>${t("Expected")}</dt><dd><code>${view.definition(finding.expected)}</code></dd></div>
<div><dt>${t("Found")}</dt><dd><code>${view.definition(finding.found)}</code></dd></div>
% if finding.run:
<div class="mend"><dt>${t("Mend with")}</dt><dd><code>${t(finding.run)}</code></dd></div>
% endif
</dl>
</li>
% endfor
</ul>
% if len(snapshot.drift) > len(view.drift):
<p class="more">${t.markup("and {count} more: {command} lists them all", count=t.number(len(snapshot.drift) - len(view.drift)), command=Markup("<code>make verify</code>"))}</p>
% endif
% endif
% if view.notes:
<details id="${p}notes">
<summary>${t.count(len(view.notes), "{count} note: unknown to the schema, and left alone", "{count} notes: unknown to the schema, and left alone")}</summary>
<ul class="notes">
% for finding in view.notes[:most_notes]:
<li><span class="kind">${t(finding.kind)}</span> <code>${t(finding.object)}</code></li>
% endfor
</ul>
% if len(view.notes) > most_notes:
<p class="more">${t.markup("and {count} more: {command} lists them all", count=t.number(len(view.notes) - most_notes), command=Markup("<code>make verify</code>"))}</p>
% endif
</details>
% endif
</section>

<section aria-labelledby="${p}ladder" data-part="ladder">
<h2 id="${p}ladder">${t("Revisions")} <small>${t("times in UTC")}</small></h2>
% if not snapshot.steps:
<p class="calm">${t("No history is known.")}</p>
% else:
<ol class="ladder" reversed>
% for step in view.upper:
${rung(step)}\
% endfor
</ol>
% if view.lower:
<details id="${p}earlier">
<summary>${t.count(len(view.lower), "{count} earlier revision", "{count} earlier revisions")}</summary>
<ol class="ladder" reversed>
% for step in view.lower:
${rung(step)}\
% endfor
</ol>
</details>
% endif
% endif
</section>

<section aria-labelledby="${p}durations" data-part="durations">
<h2 id="${p}durations">${t("How long each revision took")}</h2>
% if "lines" in snapshot.hidden:
<p class="calm">${t("Not known: this role may not read migration_history.")}</p>
% elif view.chart is None:
<p class="calm">${t("No duration is recorded yet. The first upgrade records them.")}</p>
% else:
<% bars = view.chart.bars %>\
<figure>
<svg class="chart" viewBox="0 0 ${f'{view.chart.width:g}'} 100" preserveAspectRatio="none" role="img" aria-labelledby="${p}chart-title ${p}chart-text">
<title id="${p}chart-title">${t("How long each revision took")}</title>
<desc id="${p}chart-text">${t("{first} to {last}. The longest is {longest}, with {seconds}. The table below has every number.", first=bars[0].step.revision, last=bars[-1].step.revision, longest=view.chart.longest.step.revision, seconds=t.seconds(view.chart.longest.seconds))}</desc>
% for bar in bars:
<rect${Markup(' class="longest"') if bar is view.chart.longest else ""} x="${f'{bar.x:g}'}" y="${f'{bar.y:g}'}" width="10" height="${f'{bar.height:g}'}"><title>${bar.step.revision}: ${t.seconds(bar.seconds)}</title></rect>
% endfor
</svg>
<p class="axis" aria-hidden="true"><span>${bars[0].step.revision}</span>${Markup("<span>{}</span>").format(bars[-1].step.revision) if len(bars) > 1 else ""}</p>
<figcaption>${t("The longest: {revision}, {seconds}. Together: {total}.", revision=view.chart.longest.step.revision, seconds=t.seconds(view.chart.longest.seconds), total=t.seconds(view.chart.total))}</figcaption>
</figure>
<details id="${p}numbers">
<summary>${t("The numbers")}</summary>
<table>
<caption class="quiet">${t("How long each revision took")}</caption>
<thead><tr><th scope="col">${t("Revision")}</th><th scope="col">${t("Applied")}</th><th scope="col" class="figure">${t("Took")}</th><th scope="col" class="figure">${t("Rows retired")}</th></tr></thead>
<tbody>
% for bar in reversed(bars):
<tr><th scope="row">${bar.step.revision}</th><td>${view.time(bar.step.applied_at) if bar.step.applied_at else ""}</td><td class="figure">${t.seconds(bar.seconds)}</td><td class="figure">${t.number(bar.step.rows_retired or 0)}</td></tr>
% endfor
</tbody>
</table>
</details>
% endif
</section>
</div>
% endif

<div class="narrow${'' if problem is None else ' known'}">
<section aria-labelledby="${p}checks" data-part="checks">
<h2 id="${p}checks">${t("Health checks")}</h2>
<ul class="checks">
% for check in view.asked:
<li>${state(check.state)}<span><b>${view.name(check)}</b> ${view.what(check)}</span></li>
% endfor
% if view.unasked:
<li><span class="state unknown">${icon("unknown")}</span><span class="calm">${t("Not known: {names}", names=", ".join(map(view.name, view.unasked)))}</span></li>
% endif
</ul>
</section>

<section aria-labelledby="${p}run" data-part="run">
<h2 id="${p}run">${t("Last run")}</h2>
% if journal.last_run is None:
<p class="calm">${t("None is recorded on this machine.")}</p>
% else:
<% run = journal.last_run %>\
<dl class="pairs">
<div><dt>${t("Ended")}</dt><dd>${view.time(run.ended_at)}</dd></div>
<div><dt>${t("Result")}</dt><dd class="${'failed' if run.exit_code else 'ok'}">${view.outcome(run)}</dd></div>
<div><dt>${t("What")}</dt><dd>${t(run.direction)}</dd></div>
<div><dt>${t("By way of")}</dt><dd>${t(run.way)}</dd></div>
<div><dt>${t("Took")}</dt><dd>${t.seconds(run.seconds)}</dd></div>
<div><dt>${t("Waited for locks")}</dt><dd>${t.seconds(run.lock_wait)}</dd></div>
% if run.exit_code and journal.last_success is not None:
<div><dt>${t("Last success")}</dt><dd>${view.time(journal.last_success)}</dd></div>
% endif
</dl>
% endif
</section>

<section aria-labelledby="${p}connections" data-part="connections">
<h2 id="${p}connections">${t("Connections")}</h2>
% if not journal.attempts:
<p class="calm">${t("No attempt to connect is recorded on this machine.")}</p>
% else:
<table>
<caption>${t("Attempts to connect, by the way they took")}</caption>
<thead><tr><th scope="col">${t("Way")}</th><th scope="col">${t("Result")}</th><th scope="col" class="figure">${t("Attempts")}</th><th scope="col" class="figure">${t("On average")}</th></tr></thead>
<tbody>
% for one in journal.attempts:
<tr><th scope="row">${t(one.strategy)}</th><td class="${'ok' if one.result == 'connected' else 'failed'}">${t(one.result)}</td><td class="figure">${t.number(one.count)}</td><td class="figure">${t.seconds(one.seconds / max(one.count, 1))}</td></tr>
% endfor
</tbody>
</table>
% endif
</section>

% if problem is None:
<section aria-labelledby="${p}retired" data-part="retired">
<h2 id="${p}retired">${t("Retired data")}</h2>
% if "retired" in snapshot.hidden:
<p class="calm">${t("Not known: this role may not read the register of what is retired.")}</p>
% elif not snapshot.retired:
<p class="calm">${t("Nothing is retired: no revision took data out of the application's way.")}</p>
% else:
<p>${t("Kept out of the application's way, and brought back by a downgrade: {rows} rows or cells.", rows=t.number(view.retired_rows))}</p>
<table>
<caption class="quiet">${t("Retired data")}</caption>
<thead><tr><th scope="col">${t("What")}</th><th scope="col" class="figure">${t("Rows")}</th><th scope="col" class="figure">${t("Revision")}</th></tr></thead>
<tbody>
% for one in view.retired:
<tr><th scope="row"><span class="kind">${view.retired_kind(one)}</span> <code>${one.name}</code> ${view.time(one.retired_at)}</th><td class="figure">${"–" if one.rows is None else t.number(one.rows)}</td><td class="figure">${one.revision}</td></tr>
% endfor
</tbody>
</table>
% if len(snapshot.retired) > len(view.retired):
<p class="more">${t("and {count} more", count=t.number(len(snapshot.retired) - len(view.retired)))}</p>
% endif
% endif
</section>
% endif
</div>
</div>
