// What Tocsin reads of the world: incidents and people, by country, type and time.
local p = import 'panels.libsonnet';

local incidents = 'job_country_type:tocsin_sink_incidents:increase5m{job=~"$job",country=~"$country"}';
local people(measures) = 'job_country_type_measure:tocsin_sink_people:increase5m{job=~"$job",country=~"$country",measure=~"%s"}' % measures;
// Each five minutes once: a second earlier, so that those where two bars meet are in one,
// whether Prometheus takes a range with its begin (2) or without (3).
local within(range, series) = 'sum_over_time(%s[%s:5m] offset 1s)' % [series, range];
local all(series, by) = 'sum by (%s) (%s) > 0' % [by, within('$__range', series)];
local sum(series) = 'sum(%s) or vector(0)' % within('$__range', series);
local each(series, by, legend) = [p.over('sum by (%s) (%s) > 0' % [by, within('$__interval', series)], legend)];
local severe = 'job_country:tocsin_sink_severe_incidents:increase6h{job=~"$job",country=~"$country"}';

p.dashboard(
  'tocsin-situation',
  'Tocsin: situation',
  'Incidents and people as told by alerts. Numbers grow as tolls do; corrections do not take away. Each alert itself, with its sources, is on NATS, in a file, or at a webhook.',
  '7d',
  '1m',
  [
    p.choice('job', 'System', 'label_values(tocsin_build_info, job)', 'tocsin.*'),
    p.choice('country', 'Country', 'label_values(tocsin_sink_incidents_total, country)'),
  ],
  [['Bursts', 'ALERTS{alertname="TocsinSevereBurst",alertstate="firing",job=~"$job",country=~"$country"}', '{{country}}', 'more severe incidents than usual', 'red']],
  [
    ['In this time', 4, [
      p.total('Incidents', sum(incidents), 'Told for the first time.'),
      p.total('Of them severe', 'sum(increase(tocsin_sink_severe_incidents_total{job=~"$job",country=~"$country"}[$__range]))', 'Or extreme, at once or later.', steps=p.thresholds('text', [[1, 'orange']])),
      p.total('Killed', sum(people('killed')), 'By whom tolls have grown.', steps=p.thresholds('text', [[1, 'red']])),
      p.total('Injured', sum(people('injured')), 'By whom tolls have grown.'),
      p.total('Abducted', sum(people('abducted')), 'By whom tolls have grown.'),
      p.total('Countries', 'count(' + all(incidents, 'country') + ') or vector(0)', 'With an incident.'),
    ]],
    ['Where', 16, [
      p.map('Incidents and killed', all(incidents, 'country'), 'sum by (country) (%s)' % within('$__range', people('killed')), 'As large as there are incidents, as red as there are killed. Incidents without a country are not on it.') { w: 16 },
      p.table('Countries', [
        p.rows(all(incidents, 'country')),
        p.rows(all(people('killed'), 'country')),
        p.rows(all(people('injured'), 'country')),
        p.rows(all(people('abducted'), 'country')),
      ], [['country', 'Country'], ['Value #A', 'Incidents'], ['Value #B', 'Killed'], ['Value #C', 'Injured'], ['Value #D', 'Abducted']], '_ is an incident of which no country is known.', 'Incidents') { w: 8 },
    ]],
    ['Incidents', 9, [
      p.bars('By country', each(incidents, 'country', '{{country}}'), 'An hour, or as long as fits.'),
      p.bars('By type', each(incidents, 'type', '{{type}}'), 'An hour, or as long as fits.'),
    ]],
    ['People', 9, [
      p.bars('Killed, by country', each(people('killed'), 'country', '{{country}}'), 'By whom tolls have grown.'),
      p.bars('Killed, by type', each(people('killed'), 'type', '{{type}}'), 'By whom tolls have grown.'),
      p.bars('Killed, injured, abducted', each(people('.+'), 'measure', '{{measure}}'), 'By whom tolls have grown.'),
    ]],
    ['Alerts', 9, [
      p.bars('By severity', [p.over('sum by (severity) (increase(tocsin_sink_alerts_total{job=~"$job"}[$__interval])) > 0', '{{severity}}')], 'Of all countries: an incident may be told of many times.'),
      p.bars('By status', [p.over('sum by (status) (increase(tocsin_sink_alerts_total{job=~"$job"}[$__interval])) > 0', '{{status}}')], 'Of all countries.'),
      p.lines('Severe incidents within six hours', [
        p.over('topk(8, %s > 0)' % severe, '{{country}}'),
      ], 'The eight countries with most.'),
    ]],
    ['Latest', 9, [
      p.table('New within three hours', [
        p.rows('sum by (country, type) (%s) > 0' % within('3h', incidents)),
      ], [['country', 'Country'], ['type', 'Type'], ['Value', 'Incidents']], 'As far as Prometheus can tell: tocsin watch has the alerts themselves.', 'Incidents'),
      p.table('More killed within three hours', [
        p.rows('sum by (country, type) (%s) > 0' % within('3h', people('killed'))),
      ], [['country', 'Country'], ['type', 'Type'], ['Value', 'Killed']], 'Of new incidents and of those known before.', 'Killed'),
      p.table('Above the usual', [
        p.rows('%s > 0' % severe),
        p.rows('job_country:tocsin_sink_severe_incidents:usual6h{job=~"$job",country=~"$country"}'),
        p.rows('ALERTS{alertname="TocsinSevereBurst",alertstate="firing",job=~"$job",country=~"$country"}'),
      ], [['country', 'Country'], ['Value #A', 'Severe in 6 h'], ['Value #B', 'Usual'], ['alertname', 'Alert']], 'Severe incidents within six hours beside the average of two weeks; usual is known after three days.', 'Severe in 6 h'),
    ]],
  ],
)
