// The panels of our dashboards, as few kinds as will do, and how they are laid out.
local source = { type: 'prometheus', uid: '${datasource}' };

local reduce = { calcs: ['lastNotNull'], fields: '', values: false };
local legend(calcs=[]) = { displayMode: if calcs == [] then 'list' else 'table', placement: 'bottom', showLegend: true, calcs: calcs };

// steps: a colour from the start, then pairs of a value and the colour from there on.
local thresholds(first, pairs=[]) = {
  mode: 'absolute',
  steps: [{ color: first, value: null }] + [{ color: p[1], value: p[0] } for p in pairs],
};

local panel(type, title, description, targets) = {
  type: type,
  title: title,
  description: description,
  datasource: source,
  targets: [
    targets[k] { refId: std.char(65 + k), datasource: source, editorMode: 'code' }
    for k in std.range(0, std.length(targets) - 1)
  ],
};

{
  // Queries: over time, of now, and of now as rows of a table.
  over(expr, legend='__auto'):: { expr: expr, legendFormat: legend, range: true },
  now(expr, legend='__auto'):: { expr: expr, legendFormat: legend, instant: true },
  rows(expr):: { expr: expr, format: 'table', instant: true },

  // One number, and what it was.
  stat(title, expr, description, unit='short', steps=thresholds('text'), decimals=null):: panel('stat', title, description, [$.over(expr)]) {
    fieldConfig: { defaults: { unit: unit, [if decimals != null then 'decimals']: decimals, color: { mode: 'thresholds' }, thresholds: steps, noValue: '–' }, overrides: [] },
    options: {
      graphMode: 'area',
      colorMode: 'value',
      justifyMode: 'auto',
      textMode: 'value',
      wideLayout: true,
      showPercentChange: false,
      percentChangeColorMode: 'standard',
      orientation: 'auto',
      reduceOptions: reduce,
    },
  },
  // The same for what is one number of the whole range.
  total(title, expr, description, unit='short', steps=thresholds('text'))::
    $.stat(title, expr, description, unit, steps, 0) { targets: [super.targets[0] { range: false, instant: true }], options+: { graphMode: 'none' } },

  lines(title, targets, description, unit='short', max=null):: panel('timeseries', title, description, targets) {
    fieldConfig: {
      defaults: {
        unit: unit,
        min: 0,
        [if max != null then 'max']: max,
        color: { mode: 'palette-classic' },
        custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 8, showPoints: 'never' },
      },
      overrides: [],
    },
    options: { legend: legend(), tooltip: { mode: 'multi', sort: 'desc' } },
  },
  // Series of a graph that are 0 or 1, on an axis of their own.
  yesNo(names):: {
    fieldConfig+: { overrides+: [{
      matcher: { id: 'byRegexp', options: names },
      properties: [{ id: 'unit', value: 'bool_yes_no' }, { id: 'max', value: 1 }, { id: 'custom.axisPlacement', value: 'right' }],
    }] },
  },
  // One on another, of at least an hour each: for what is counted one by one.
  bars(title, targets, description):: $.lines(title, targets, description) {
    interval: '1h',
    fieldConfig+: { defaults+: { decimals: 0, custom: { drawStyle: 'bars', barAlignment: -1, lineWidth: 0, fillOpacity: 80, showPoints: 'never', stacking: { mode: 'normal', group: 'A' } } } },
    options+: { legend: legend(['sum']) },
  },
  levels(title, target, description, unit='percentunit', max=1, steps=thresholds('green', [[0.8, 'orange'], [0.95, 'red']])):: panel('bargauge', title, description, [target]) {
    fieldConfig: { defaults: { unit: unit, min: 0, [if max != null then 'max']: max, color: { mode: 'thresholds' }, thresholds: steps }, overrides: [] },
    options: {
      displayMode: 'basic',
      valueMode: 'color',
      namePlacement: 'auto',
      showUnfilled: true,
      sizing: 'auto',
      minVizWidth: 8,
      minVizHeight: 16,
      maxVizHeight: 300,
      orientation: 'horizontal',
      legend: { displayMode: 'list', placement: 'bottom', showLegend: false, calcs: [] },
      reduceOptions: reduce,
    },
  },
  // names: of columns, as they are shown; others are left out. The value of query A is "Value #A".
  table(title, targets, names, description, sort=null, units={}):: panel('table', title, description, targets) {
    fieldConfig: {
      defaults: { noValue: '–' },
      overrides: [
        { matcher: { id: 'byName', options: name }, properties: [{ id: 'unit', value: units[name] }] }
        for name in std.objectFields(units)
      ],
    },
    options: { frameIndex: 0, showHeader: true, [if sort != null then 'sortBy']: [{ displayName: sort, desc: true }] },
    transformations: [
      { id: 'merge', options: {} },
      { id: 'filterFieldsByName', options: { include: { names: [n[0] for n in names] } } },
      {
        id: 'organize',
        options: {
          indexByName: { [names[k][0]]: k for k in std.range(0, std.length(names) - 1) },
          renameByName: { [n[0]]: n[1] for n in names },
        },
      },
    ],
  },
  // A circle a country, as large as the first query and as red as the second. The outlines
  // and the places of countries are files of Grafana's: no tile server is asked.
  map(title, size, colour, description):: panel('geomap', title, description, [$.rows(size), $.rows(colour)]) {
    fieldConfig: { defaults: { min: 0, decimals: 0, color: { mode: 'continuous-YlRd' } }, overrides: [] },
    options: {
      view: { id: 'coords', lat: 20, lon: 15, zoom: 2 },
      controls: { showZoom: true, mouseWheelZoom: false, showAttribution: false },
      basemap: { type: 'geojson', name: 'Countries', config: { src: 'public/maps/countries.geojson', rules: [], style: { color: { fixed: 'gray' }, opacity: 0.2, lineWidth: 1 } } },
      layers: [{
        type: 'markers',
        name: title,
        tooltip: true,
        location: { mode: 'lookup', lookup: 'country', gazetteer: 'public/gazetteer/countries.json' },
        config: {
          showLegend: true,
          style: {
            size: { field: 'Value #A', min: 4, max: 30, fixed: 5 },
            color: { field: 'Value #B', fixed: 'dark-red' },
            opacity: 0.7,
            symbol: { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' },
            text: { mode: 'field', field: 'country', fixed: '' },
          },
        },
      }],
      tooltip: { mode: 'details' },
    },
    transformations: [{ id: 'merge', options: {} }],
  },
  thresholds: thresholds,

  // Values of a label, to choose from. All of them are what a pattern matches.
  choice(name, label, query, all='.+'):: {
    type: 'query',
    name: name,
    label: label,
    datasource: source,
    query: query,
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: all,
    current: { text: 'All', value: '$__all' },
  },

  // Rows are [title, height, panels]; panels share the width, or ask for a part of 24 (w).
  dashboard(uid, title, description, range, refresh, choices, annotations, rows)::
    local place(row, y) =
      local free = 24 - std.sum([std.get(p, 'w', 0) for p in row[2]]);
      local count = std.length([p for p in row[2] if !std.objectHas(p, 'w')]);
      local width(p) = std.get(p, 'w', if count == 0 then 0 else std.floor(free / count));
      [
        row[2][k] {
          w:: super.w,
          gridPos: { x: std.sum([width(p) for p in row[2][:k]]), y: y, w: width(row[2][k]), h: row[1] },
        }
        for k in std.range(0, std.length(row[2]) - 1)
      ];
    local top(k) = std.sum([rows[j][1] + 1 for j in std.range(0, k - 1)]);
    local panels = std.flattenArrays([
      [{ type: 'row', title: rows[k][0], collapsed: false, panels: [], gridPos: { x: 0, y: top(k), w: 24, h: 1 } }] + place(rows[k], top(k) + 1)
      for k in std.range(0, std.length(rows) - 1)
    ]);
    {
      uid: uid,
      title: title,
      description: description,
      tags: ['tocsin'],
      timezone: 'utc',
      editable: true,
      graphTooltip: 1,
      time: { from: 'now-' + range, to: 'now' },
      refresh: refresh,
      schemaVersion: 39,
      links: [{ type: 'dashboards', title: 'Tocsin', tags: ['tocsin'], asDropdown: false, includeVars: true, keepTime: true, targetBlank: false, icon: '', tooltip: '', url: '' }],
      templating: {
        list: [{ type: 'datasource', name: 'datasource', label: 'Prometheus', query: 'prometheus', current: { text: 'Prometheus', value: 'prometheus' } }] + choices,
      },
      annotations: {
        list: [
          { name: a[0], expr: a[1], titleFormat: a[2], textFormat: a[3], iconColor: a[4], enable: true, datasource: source, step: '60s' }
          for a in annotations
        ],
      },
      panels: [panels[k] { id: k + 1 } for k in std.range(0, std.length(panels) - 1)],
    },
}
