// How Tocsin does: what it takes in, how fast it goes along the route, what fails, what is full.
local p = import 'panels.libsonnet';

// Where nothing was measured the quantile is no number, which a panel would show as such.
local quantile(q, histogram, by='', range='$__rate_interval') =
  'histogram_quantile(%s, sum by (%sle) (rate(%s_bucket{job=~"$job"}[%s]))) >= 0' % [q, by, histogram, range];
local quantiles(histogram) = [p.over(quantile(q[0], histogram), q[1]) for q in [['0.5', 'half'], ['0.9', '9 of 10'], ['0.99', '99 of 100']]];
local rate(metric, by, matchers='') = 'sum by (%s) (rate(%s{job=~"$job"%s}[$__rate_interval]))' % [by, metric, matchers];
local lag(consumers) = [
  p.over('max by (consumer) (job_consumer:tocsin_bus_consumer_pending_messages:max{job=~"$job",consumer=~"%s"})' % consumers, '{{consumer}} waiting'),
  p.over('max by (consumer) (tocsin_bus_consumer_unacked_messages{job=~"$job",consumer=~"%s"})' % consumers, '{{consumer}} in hand'),
];
local deadLetters(stage) = p.over('sum by (reason) (increase(tocsin_bus_dead_letters_total{job=~"$job",stage="%s"}[$__rate_interval])) > 0' % stage, 'set aside: {{reason}}');
local good = p.thresholds('green');

p.dashboard(
  'tocsin-operations',
  'Tocsin: operations',
  'Rate, errors, time and fullness of each stage, from feeds to outputs.',
  '6h',
  '30s',
  [p.choice('job', 'System', 'label_values(tocsin_build_info, job)', 'tocsin.*')],
  [['Starts', 'changes(process_start_time_seconds{job=~"$job"}[1m]) > 0', '{{instance}}', 'started', 'blue']],
  [
    ['Now', 4, [
      p.stat('Processes', 'sum(up{job=~"$job"})', 'That Prometheus reaches.', steps=p.thresholds('red', [[1, 'green']]), decimals=0),
      p.stat('Alerts of Prometheus', 'count(ALERTS{alertstate="firing",about="tocsin",job=~"$job|"}) or vector(0)', 'That fire, about Tocsin itself; each has a section in the runbook.', steps=p.thresholds('green', [[1, 'red']]), decimals=0),
      p.stat('Since the last article', 'time() - max(tocsin_ingest_last_article_timestamp_seconds{job=~"$job"} > 0)', 'That any feed has brought.', 's', p.thresholds('green', [[3600, 'orange'], [21600, 'red']]), 0),
      p.stat('Articles an hour', 'sum(rate(tocsin_ingest_articles_total{job=~"$job"}[1h])) * 3600', 'New ones, and new editions.', steps=good, decimals=0),
      p.stat('Waiting', 'sum(job_consumer:tocsin_bus_consumer_pending_messages:max{job=~"$job",consumer=~"enrich|correlate|sink"})', 'Messages that the stages have not been given.', steps=p.thresholds('green', [[500, 'orange'], [10000, 'red']]), decimals=0),
      p.stat('From poll to alert', quantile('0.9', 'tocsin_sink_alert_age_seconds', range='1h'), 'Nine of ten alerts of an hour are faster.', 's', p.thresholds('green', [[10, 'orange'], [60, 'red']])),
      p.stat('Set aside', 'sum(increase(tocsin_bus_dead_letters_total{job=~"$job"}[1d]))', 'Messages within a day; tocsin dead ls lists them.', steps=p.thresholds('green', [[1, 'red']]), decimals=0),
      p.stat('Since the last canary', 'time() - max(tocsin_canary_last_success_timestamp_seconds{job=~"$job"} > 0)', 'That came through the whole line in time, and right.', 's', p.thresholds('green', [[600, 'orange'], [900, 'red']]), 0),
    ]],
    ['Ingest', 8, [
      p.lines('Polls', [p.over(rate('tocsin_ingest_polls_total', 'outcome'), '{{outcome}}')], 'A second, by what they came to.', 'reqps'),
      p.lines('Failures', [p.over(rate('tocsin_ingest_poll_failures_total', 'reason') + ' > 0', '{{reason}}')], 'A second, by reason. One reason for most feeds is trouble of ours.', 'reqps'),
      p.lines('Time of one poll', quantiles('tocsin_ingest_poll_seconds'), 'Publishing included.', 's'),
      p.lines('How late polls begin', quantiles('tocsin_ingest_poll_lateness_seconds') + [
        p.over('max(tocsin_ingest_paused{job=~"$job"})', 'paused: backlog'),
        p.over('max(tocsin_ingest_breaker_open{job=~"$job"})', 'paused: breaker'),
      ], 'After their time; more than seconds means too few workers. To the right, whether polling pauses.', 's') + p.yesNo('paused: .*'),
    ]],
    ['Feeds', 8, [
      p.lines('Feeds that are not well', [
        p.over('sum(tocsin_ingest_feeds_failing{job=~"$job"})', 'failing'),
        p.over('sum(tocsin_ingest_feeds_silent{job=~"$job"})', 'failing for a day'),
        p.over('sum(tocsin_ingest_feeds_dry{job=~"$job"})', 'dry'),
        p.over('sum(tocsin_ingest_feeds_gone{job=~"$job"})', 'gone'),
        p.over('max(tocsin_ingest_feeds_paused{job=~"$job"})', 'paused'),
      ], 'Of all pollers together.'),
      p.lines('Articles', [
        p.over(rate('tocsin_ingest_articles_total', 'kind'), '{{kind}}'),
        p.over('sum(rate(tocsin_ingest_items_skipped_total{job=~"$job"}[$__rate_interval]))', 'items skipped'),
      ], 'A second: first editions, later ones, and items that could not be read.', 'cps'),
      p.lines('Hubs', [
        p.over(rate('tocsin_ingest_websub_deliveries_total', 'outcome') + ' > 0', '{{outcome}}'),
        p.over('sum by (outcome) (increase(tocsin_ingest_websub_verifications_total{job=~"$job",outcome!="confirmed"}[$__rate_interval])) > 0', 'question {{outcome}}'),
        p.over('sum by (mode) (increase(tocsin_ingest_websub_requests_total{job=~"$job",outcome="failed"}[$__rate_interval])) > 0', '{{mode}} failed'),
      ], 'Deliveries a second by what became of them, and what went wrong between hubs and us: feeds are polled all the same.', 'short'),
      p.table('Silent feeds', [
        p.rows('sort_desc(time() - max by (feed, why) (tocsin_ingest_feed_silent_since_timestamp_seconds{job=~"$job"}))'),
      ], [['feed', 'Feed'], ['why', 'Why'], ['Value', 'For']], 'The hundred that are silent for longest: failing for a day or more, or with nothing new for ten times as long as usual. tocsin feed ls has all.', 'For', { For: 's' }) { w: 8 },
    ]],
    ['Enrich', 8, [
      p.lines('Articles read', [p.over(rate('tocsin_enrich_articles_total', 'outcome'), '{{outcome}}')], 'A second, by outcome.', 'cps'),
      p.lines('Errors', [p.over(rate('tocsin_enrich_articles_total', 'outcome', ',outcome="set_aside"'), 'a second'), deadLetters('enrich')], 'Articles that could not be read.'),
      p.lines('Time to read one', quantiles('tocsin_enrich_tag_seconds'), 'Of processor time, as good as.', 's'),
      p.lines('Waiting', lag('enrich'), 'Articles not yet given to a reader, and in hand.'),
    ]],
    ['Correlate', 8, [
      p.lines('Reports folded', [p.over(rate('tocsin_correlate_reports_total', 'outcome'), '{{outcome}}')], 'A second, by what became of them.', 'cps'),
      p.lines('Errors', [
        deadLetters('correlate'),
        p.over('sum(increase(tocsin_correlate_conflicts_total{job=~"$job"}[$__rate_interval]))', 'conflicts'),
        p.over('sum(increase(tocsin_correlate_takeovers_total{job=~"$job"}[$__rate_interval]))', 'take-overs'),
        p.over('sum(increase(tocsin_correlate_snapshots_total{job=~"$job",outcome="failed"}[$__rate_interval]))', 'memory not stored'),
        p.over('max by (stage) (job_stage:tocsin_leader:sum{job=~"$job"})', 'leaders of {{stage}}'),
      ], 'There must be one leader of each stage.'),
      p.lines('Time of one batch', quantiles('tocsin_correlate_batch_seconds'), 'Folding and storing.', 's'),
      p.lines('Waiting', lag('correlate') + [
        p.over('max(tocsin_correlate_behind_versions{job=~"$job"})', 'bucket lacks'),
      ], 'Reports, and versions that the incidents bucket lacks.'),
      p.lines('Memory', [
        p.over('max(tocsin_correlate_known_incidents{job=~"$job"})', 'known'),
        p.over('max(tocsin_correlate_open_incidents{job=~"$job"})', 'open'),
      ], 'Incidents in memory, and those that still take reports.'),
    ]],
    ['Sink', 8, [
      p.lines('Versions judged', [p.over(rate('tocsin_sink_versions_total', 'outcome'), '{{outcome}}')], 'A second, by what became of them.', 'cps'),
      p.lines('Errors', [
        deadLetters('sink'),
        p.over('sum(increase(tocsin_sink_conflicts_total{job=~"$job"}[$__rate_interval]))', 'conflicts'),
        p.over('sum(increase(tocsin_sink_takeovers_total{job=~"$job"}[$__rate_interval]))', 'take-overs'),
      ], 'Versions that could not be judged; who tells has changed.'),
      p.lines('From poll to alert', quantiles('tocsin_sink_alert_age_seconds'), 'The whole line.', 's'),
      p.lines('Waiting', lag('sink'), 'Versions.'),
    ]],
    ['Outputs', 8, [
      p.lines('Deliveries', [p.over(rate('tocsin_sink_deliveries_total', 'output', ',outcome="sent"'), '{{output}}')], 'A second, by kind of output.', 'cps'),
      p.lines('Errors', [
        p.over(rate('tocsin_sink_deliveries_total', 'output, outcome', ',outcome!="sent"') + ' > 0', '{{output}} {{outcome}}'),
        p.over('max by (name) (tocsin_sink_output_failing{job=~"$job"})', '{{name}} fails'),
      ], 'Deliveries a second that failed. To the right, whether an output takes nothing.', 'cps') + p.yesNo('.* fails'),
      p.lines('Time of one delivery', [p.over(quantile('0.9', 'tocsin_sink_delivery_seconds', 'output, '), '{{output}}')], 'Nine of ten are faster.', 's'),
      p.lines('Waiting', lag('output-.*'), 'Alerts, by output.'),
    ]],
    ['NATS', 8, [
      p.levels('Streams', p.now('max by (stream) (tocsin_bus_stream_bytes{job=~"$job"} / tocsin_bus_stream_limit_bytes{job=~"$job"})', '{{stream}}'), 'Of their limits in bytes; at the limit the oldest is dropped.') { w: 5 },
      p.lines('Replicas missing', [p.over('count by (server) (max by (server, stream) (tocsin_bus_replica_current{job=~"$job"})) - sum by (server) (max by (server, stream) (tocsin_bus_replica_current{job=~"$job"}))', '{{server}}')], 'Streams of which a server of the cluster has not all that the others have.'),
      p.lines('Messages stored', [p.over('max by (stream) (tocsin_bus_stream_messages{job=~"$job"})', '{{stream}}')], 'By stream.'),
      p.lines('Trouble', [
        p.over('sum(increase(tocsin_bus_publish_retries_total{job=~"$job"}[$__rate_interval]))', 'publishes sent again'),
        p.over('sum(increase(tocsin_bus_reconnects_total{job=~"$job"}[$__rate_interval]))', 'reconnects'),
        p.over('sum(increase(tocsin_bus_resubscribes_total{job=~"$job"}[$__rate_interval]))', 'subscriptions opened again'),
        p.over('sum(increase(tocsin_bus_server_restarts_total{job=~"$job"}[$__rate_interval]))', 'restarts of the server inside'),
        p.over('max by (consumer) (tocsin_bus_consumer_redelivered_messages{job=~"$job"}) > 0', '{{consumer}} given again'),
        p.over('count(tocsin_bus_connected{job=~"$job"} == 0) or vector(0)', 'processes without NATS'),
      ], 'All of it should be nothing.'),
      p.lines('Room on the disk', [p.over('min by (instance) (tocsin_bus_disk_free_bytes{job=~"$job"})', '{{instance}}')], 'Of the server inside; an external one has its own metrics.', 'bytes'),
    ]],
    ['Canary', 8, [
      p.lines('Through the whole line', quantiles('tocsin_canary_latency_seconds'), 'A made-up article, from its sending to its alert.', 's'),
      p.lines('In each stage', [p.over(quantile('0.9', 'tocsin_canary_stage_seconds', 'stage, '), '{{stage}}')], 'The queue before it included; nine of ten are faster.', 's'),
      p.lines('Rounds', [p.over('max by (result) (increase(tocsin_canary_rounds_total{job=~"$job"}[$__rate_interval]))', '{{result}}')], 'By how they ended; every poller counts every one.'),
    ]],
    ['Processes', 8, [
      p.lines('Processor', [p.over('rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])', '{{instance}}')], 'Cores in use.'),
      p.lines('Memory', [p.over('process_resident_memory_bytes{job=~"$job"}', '{{instance}}')], 'Resident.', 'bytes'),
      p.lines('Goroutines', [p.over('go_goroutines{job=~"$job"}', '{{instance}}')], 'Some hundreds, and steady.'),
      p.lines('Open files', [p.over('process_open_fds{job=~"$job"} / process_max_fds{job=~"$job"}', '{{instance}}')], 'Of what the process may have.', 'percentunit'),
      p.table('Builds', [p.rows('tocsin_build_info{job=~"$job"}')], [['instance', 'Process'], ['version', 'Version'], ['revision', 'Revision'], ['go', 'Go']], 'One version everywhere, but for an upgrade.'),
    ]],
  ],
)
