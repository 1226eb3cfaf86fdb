"""The quality report as one French web page for the producer: self-contained, every value escaped, nothing active."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mediation_geo.ingest.quality import SourceQuality

__all__ = ["render_html"]


def render_html(reports: Sequence[SourceQuality], *, title: str) -> str:
    """
    One self-contained French page; every value is escaped.

    Examples
    --------
    >>> "<script>" in render_html([], title="<script>")
    False
    """
    from jinja2 import Environment

    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_PAGE)
    return page.render(reports=reports, title=title)


_PAGE = """<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #999; padding: .25rem .5rem; text-align: left; vertical-align: top; }
td.n { text-align: right; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
{% for report in reports %}
<section>
<h2>{{ report.feed }}</h2>
<p>{{ report.rows }} lignes, {{ report.records }} lieux gardés, {{ report.rejected }} lignes écartées.</p>
{% if report.trend %}
<p>Depuis le bilan précédent : lieux gardés {{ "%+d" | format(report.trend.records) }}, lignes écartées
{{ "%+d" | format(report.trend.rejected) }}.</p>
{% endif %}
<p>Fraîcheur : {{ report.freshness.recent }} à jour depuis moins de 6 mois, {{ report.freshness.a_verifier }} de 6 à 18 mois,
{{ report.freshness.ancien }} plus anciens, {{ report.freshness.inconnue }} de date inconnue.</p>
<h3>Ce qu’il faut corriger, et ce qui l’a été</h3>
<table>
<thead><tr><th scope="col">Gravité</th><th scope="col">Ce que nous avons vu</th><th scope="col">Fois</th>
{% if report.trend %}
<th scope="col">Évolution</th>{% endif %}
<th scope="col">Exemples</th></tr></thead>
<tbody>
{% for code in report.codes %}
<tr><td>{{ {"reject": "écarté", "warning": "à corriger", "info": "corrigé"}[code.severity] }}</td>
<td>{{ code.message }} <small>({{ code.code }})</small></td><td class="n">{{ code.count }}</td>{% if report.trend %}
<td class="n">{{ "%+d" | format(report.trend.codes.get(code.code, 0)) }}</td>{% endif %}
<td>{{ code.examples | join(" · ") }}</td></tr>
{% endfor %}
</tbody>
</table>
<h3>Champs remplis</h3>
<table>
<thead><tr><th scope="col">Champ</th><th scope="col">Part des lieux</th>{% if report.trend %}
<th scope="col">Évolution</th>{% endif %}</tr></thead>
<tbody>
{% for name, share in report.completeness.items() %}
<tr><th scope="row">{{ name }}</th><td class="n">{{ "%.0f" | format(100 * share) }} %</td>{% if report.trend %}
<td class="n">{{ "%+.0f" | format(100 * report.trend.completeness[name]) }}</td>{% endif %}</tr>
{% endfor %}
</tbody>
</table>
</section>
{% endfor %}
</body>
</html>
"""
