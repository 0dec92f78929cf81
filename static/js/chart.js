/* Figures: what a page says in JSON becomes an ECharts picture in the colours of cauce.css.
   The server sends meaning, not looks:
     { "type": "line" | "bar" | "hbar" | "stack" | "control",
       "x": ["ene", …], "unit": "%", "decimals": 1,
       "series": [{ "name": "Quejas", "data": [3, 4, null], "dashed": false }],
       "target": 95, "target_name": "Meta",                     (a line across, optional)
       "scale": true,                                            (the axis need not begin at zero)
       "marks": [{ "at": 7, "name": "Acción terminada" }],       (lines upright, at indexes of x)
       "mean": 3.1, "upper": 5.6, "lower": 0.4, "out": [11] }   (control charts; out: indexes of signals)
   mean, upper and lower may be lists as long as x. Tooltips are drawn as text in the picture: HTML ones would break the CSP. */
(() => {
  "use strict";
  const words = document.getElementById("textos")?.dataset ?? {};
  const drawn = new Map();
  const dashes = ["solid", "dashed", "dotted", [8, 3, 2, 3]];
  const marks = ["circle", "rect", "triangle", "diamond"];

  function tokens() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(`--c-${name}`).trim();
    return {
      ink: read("ink"), muted: read("muted"), line: read("line"), edge: read("edge"), surface: read("surface"),
      danger: read("danger"), ok: read("ok"), warn: read("warn"), brand: read("brand"),
      series: [read("brand"), read("warn"), read("edge"), read("ok")],
      font: getComputedStyle(document.body).fontFamily,
    };
  }

  function options(config, c) {
    const decimals = config.decimals ?? 1;
    const say = (value) => value === null || value === undefined || value === "-" ? words.nodata
      : `${Number(value).toLocaleString("es", { maximumFractionDigits: decimals })}${config.unit ? ` ${config.unit}` : ""}`;
    // At the end of a line there is room for the number alone; its unit stands with the others.
    const bare = (value) => Number(value).toLocaleString("es", { maximumFractionDigits: decimals });
    const flat = config.type === "hbar";
    const bars = flat || config.type === "bar" || config.type === "stack";
    const out = new Set(config.out ?? []);
    const text = { color: c.muted, fontFamily: c.font, fontSize: 12 };
    const names = { type: "category", data: config.x, axisLine: { lineStyle: { color: c.edge } }, axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true, width: flat ? 130 : undefined, overflow: flat ? "truncate" : undefined }, inverse: flat };
    const values = { type: "value", min: config.min, max: config.max, scale: config.scale === true, splitLine: { lineStyle: { color: c.line } },
      axisLabel: { ...text, formatter: (value) => Number(value).toLocaleString("es") } };
    const across = (value, name, colour, type) => ({
      silent: true, symbol: "none", animation: false,
      label: { ...text, color: colour, formatter: `${name} ${say(value)}`, position: "end" },
      lineStyle: { color: colour, type, width: 1.5 }, data: [flat ? { xAxis: value } : { yAxis: value }],
    });
    const series = (config.series ?? []).map((one, i) => ({
      name: one.name, type: bars ? "bar" : "line", stack: config.type === "stack" ? "all" : undefined, animation: false,
      barMaxWidth: 28, symbol: marks[i % marks.length], symbolSize: 7, showSymbol: true, connectNulls: false,
      itemStyle: { color: c.series[i % c.series.length], borderColor: c.surface, borderWidth: config.type === "stack" ? 1 : 0,
        decal: bars && i > 0 ? { symbol: "rect", color: c.surface, dashArrayX: [1, 0], dashArrayY: [2, 2 + i * 2], rotation: (Math.PI / 4) * i } : undefined },
      lineStyle: { color: c.series[i % c.series.length], width: 2, type: one.dashed ? "dashed" : dashes[i % dashes.length] },
      data: one.data.map((value, at) => i === 0 && out.has(at)
        ? { value, symbol: "triangle", symbolSize: 13, itemStyle: { color: c.danger }, label: { show: true, position: "top", color: c.danger, fontWeight: 700, fontFamily: c.font, formatter: bare(value) } }
        : value ?? "-"),
    }));
    if (series[0] && config.target !== undefined && config.target !== null)
      series[0].markLine = across(config.target, config.target_name ?? words.target, c.ink, "solid");
    if (series[0]?.markLine && config.upper !== undefined) series[0].markLine.label.position = "insideStartTop"; // the end is the limits'
    for (const mark of series[0] ? config.marks ?? [] : []) {
      series[0].markLine ??= { ...across(0, "", c.ink, "solid"), data: [] };
      series[0].markLine.data.push({ xAxis: mark.at, lineStyle: { color: c.muted, type: "dotted", width: 1.5 },
        label: { ...text, color: c.muted, formatter: mark.name, position: "insideEndTop" } });
    }
    for (const [key, name, colour, type] of [["mean", words.mean, c.edge, "solid"], ["upper", words.upper, c.danger, "dashed"], ["lower", words.lower, c.danger, "dashed"]]) {
      const value = config[key];
      if (value === undefined || value === null) continue;
      series.push({ name, type: "line", animation: false, symbol: "none", step: Array.isArray(value) ? "middle" : false,
        data: Array.isArray(value) ? value.map((v) => v ?? "-") : config.x.map(() => value), silent: true,
        itemStyle: { color: colour }, lineStyle: { color: colour, width: 1.5, type }, endLabel: { show: true, formatter: (point) => bare(point.value), color: key === "mean" ? c.muted : colour, fontFamily: c.font, fontSize: 12 } });
    }
    const room = config.mean !== undefined || config.upper !== undefined || (!flat && config.target !== undefined) ? (config.target === undefined || config.upper !== undefined ? 60 : 76) : 16;
    const many = series.length > 1;
    return {
      animation: false, textStyle: { fontFamily: c.font, color: c.ink },
      grid: { left: 4, right: room, top: 24, bottom: many ? 32 : 4, containLabel: true },
      legend: many ? { bottom: 0, itemWidth: 22, itemHeight: 9, textStyle: { ...text, color: c.ink } } : undefined,
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: c.surface, borderColor: c.edge, textStyle: { color: c.ink, fontFamily: c.font, fontSize: 13 },
        axisPointer: { lineStyle: { color: c.edge }, type: bars ? "none" : "line" },
        formatter: (points) => [points[0].axisValueLabel, ...points.map((point) => `${point.seriesName}: ${say(point.value)}`)].join("\n") },
      xAxis: flat ? values : names, yAxis: flat ? names : values, series,
    };
  }

  function draw(root = document) {
    if (!window.echarts) return;
    const colours = tokens();
    for (const box of root.querySelectorAll("[data-chart]")) {
      if (drawn.has(box)) continue;
      const source = document.getElementById(box.dataset.chart);
      if (!source) continue;
      box.hidden = false;
      const picture = window.echarts.init(box, null, { renderer: "svg" });
      picture.setOption(options(JSON.parse(source.textContent), colours));
      drawn.set(box, picture);
      resized.observe(box);
    }
  }
  const resized = new ResizeObserver((entries) => { for (const entry of entries) drawn.get(entry.target)?.resize(); });
  document.addEventListener("cauce:parts", (event) => {
    for (const [box, picture] of drawn) if (!box.isConnected) { picture.dispose(); drawn.delete(box); }
    draw(event.detail);
  });
  addEventListener("beforeprint", () => { for (const picture of drawn.values()) picture.resize(); });
  draw();
})();
