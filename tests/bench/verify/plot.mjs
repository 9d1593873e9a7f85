// A picture of the figures: `node plot.mjs FIGURES PICTURE` reads what `cargo xtask bench verify --json`
// has written and writes SVG, the same for the same figures.

import { readFileSync, writeFileSync } from "node:fs";

const [figures, picture] = process.argv.slice(2);
const { date, commit, machine, rounds, runtimes } = JSON.parse(readFileSync(figures, "utf8"));

/** Names by which contenders stand in the figures, and how they are drawn; ours last, above all. */
const CONTENDERS = [
  { who: "jose", colour: "#8a8a8a", shape: circle },
  { who: "jose, 16 in flight", colour: "#8a8a8a", shape: ring },
  { who: "jsonwebtoken", colour: "#c77700", shape: square },
  { who: "fast-jwt", colour: "#0a72b8", shape: diamond },
  { who: "laika-verifier", colour: "#c2185b", shape: bar },
];
const ROW = /^(\w+), new tokens$/;

const [LEFT, PLOT, RIGHT, LINE, TITLE, TOP] = [84, 520, 24, 20, 26, 82];
const WIDTH = LEFT + PLOT + RIGHT;
/** Microseconds at the ends of the axis, and where it is named. */
const [LEAST, MOST] = [5, 3000];
const NAMED = [10, 30, 100, 300, 1000, 3000];

const panels = runtimes
  .map(({ runtime, rows }) => ({ runtime, rows: rows.filter(({ name }) => ROW.test(name)) }))
  .filter(({ rows }) => rows.length > 0);
const height = TOP + panels.reduce((sum, { rows }) => sum + TITLE + rows.length * LINE + 8, 0) + 54;
const parts = [...head(), ...axis(), ...panels.flatMap(panel()), ...foot()];
writeFileSync(picture, `${parts.join("\n")}\n</svg>\n`);

function head() {
  let left = LEFT + 6;
  const keys = [...CONTENDERS].reverse().flatMap(({ who, colour, shape }) => {
    const key = [shape(left, 46, colour), text(left + 10, 50, who)];
    left += 34 + who.length * 6;
    return key;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#333" role="img" aria-labelledby="title">`,
    `<title id="title">Microseconds to verify a token that is new, by runtime, algorithm and library; less is better</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(LEFT, 22, "Microseconds to verify a token that is new (less is better)", 'font-size="15" font-weight="600"'),
    ...keys,
  ];
}

function axis() {
  return NAMED.flatMap((value) => [
    `<path d="M${x(value)} ${TOP - 6}V${height - 48}" stroke="#e4e4e4"/>`,
    text(x(value), TOP - 10, value, 'text-anchor="middle" fill="#777"'),
  ]);
}

/** A runtime's lines, one for each algorithm. */
function panel() {
  let y = TOP;
  return ({ runtime, rows }) => {
    const drawn = [text(12, y + 16, runtime, 'font-weight="600"')];
    y += TITLE;
    for (const { name, figures } of rows) {
      const [, alg] = ROW.exec(name);
      const middle = y + LINE / 2;
      drawn.push(text(LEFT - 10, middle + 4, alg, 'text-anchor="end"'), `<path d="M${LEFT} ${middle}H${LEFT + PLOT}" stroke="#eee"/>`);
      for (const { who, colour, shape } of CONTENDERS) if (figures[who]) drawn.push(shape(x(figures[who].median), middle, colour, title(who, figures[who])));
      y += LINE;
    }
    y += 8;
    return drawn;
  };
}

function foot() {
  const where = `Medians of ${rounds} rounds on ${machine.processor}, ${machine.cores} cores, ${date}, commit ${commit}.`;
  const grey = 'font-size="11" fill="#777"';
  return [text(12, height - 26, where, grey), text(12, height - 12, "Further right is slower; the axis is logarithmic.", grey)];
}

function x(value) {
  const share = Math.log(Math.min(Math.max(value, LEAST), MOST) / LEAST) / Math.log(MOST / LEAST);
  return Number((LEFT + share * PLOT).toFixed(1));
}

function title(who, { median }) {
  return `<title>${escaped(`${who}: ${median.toFixed(1)} µs`)}</title>`;
}

function text(x, y, content, attributes = "") {
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`;
}

function escaped(content) {
  return String(content).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function circle(x, y, colour, inner = "") {
  return `<circle cx="${x}" cy="${y}" r="4.5" fill="${colour}">${inner}</circle>`;
}

function ring(x, y, colour, inner = "") {
  return `<circle cx="${x}" cy="${y}" r="4" fill="#fff" stroke="${colour}" stroke-width="2">${inner}</circle>`;
}

function square(x, y, colour, inner = "") {
  return `<rect x="${round(x - 4)}" y="${y - 4}" width="8" height="8" fill="${colour}">${inner}</rect>`;
}

function diamond(x, y, colour, inner = "") {
  return `<path d="M${x} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5-5.5z" fill="${colour}">${inner}</path>`;
}

function bar(x, y, colour, inner = "") {
  return `<rect x="${round(x - 3)}" y="${y - 8}" width="6" height="16" rx="2" fill="${colour}">${inner}</rect>`;
}

function round(value) {
  return Number(value.toFixed(1));
}
