/**
 * Everything that makes a view, to the URL's fragment and back; also links to a line.
 *
 * The fragment never leaves the browser: what somebody looks for is in no server's log.
 */

import { STATUS_CLASSES, type LinePlace, type Pattern, type StatusClass, type ViewChoice } from "./types";

export const NO_CHOICE: ViewChoice = {
  application: null,
  environment: null,
  servers: [],
  types: [],
  statuses: [],
  filter: [],
  exclude: [],
  highlight: [],
  requestId: null,
  mine: null,
  sinceS: null,
  untilS: null,
  atSource: false,
  collapse: false,
  fold: true,
  line: null,
  columns: ["time", "server", "type", "status", "text"],
  wrap: false,
  zone: "local",
  timeFormat: "time",
};

/** What the neighbours of a line are shown with, whatever is filtered elsewhere. */
export const NO_FILTERS = {
  servers: [],
  types: [],
  statuses: [],
  filter: [],
  exclude: [],
  requestId: null,
  mine: null,
  sinceS: null,
  untilS: null,
} satisfies Partial<ViewChoice>;

/** A change of one of these changes which rows are listed. */
export const FILTER_KEYS = [
  ...(["servers", "types", "statuses", "filter", "exclude", "highlight"] as const),
  ...(["requestId", "mine", "sinceS", "untilS", "collapse", "atSource"] as const),
] as const;

const FORMATS: readonly string[] = ["time", "datetime", "iso", "relative"];
const REGEX = "re:";
const PLAIN = "is:";

/** Without the `#`; what is as by default is left out. */
export function toHash(choice: ViewChoice): string {
  const out = new URLSearchParams();
  const put = (key: string, value: string | null) => {
    if (value !== null && value !== "") out.append(key, value);
  };
  put("app", choice.application);
  put("env", choice.environment);
  for (const server of choice.servers) put("server", server);
  for (const type of choice.types) put("type", type);
  for (const status of choice.statuses) put("status", status);
  for (const list of ["filter", "exclude", "highlight"] as const) {
    for (const pattern of choice[list]) put(list, patternText(pattern));
  }
  put("request", choice.requestId);
  put("mine", choice.mine);
  put("since", numberText(choice.sinceS));
  put("until", numberText(choice.untilS));
  if (choice.atSource) put("at-source", "1");
  if (choice.collapse) put("collapse", "1");
  if (!choice.fold) put("fold", "0");
  if (choice.wrap) put("wrap", "1");
  if (choice.columns.join() !== NO_CHOICE.columns.join()) put("columns", choice.columns.join());
  if (choice.zone !== NO_CHOICE.zone) put("zone", choice.zone);
  if (choice.timeFormat !== NO_CHOICE.timeFormat) put("format", choice.timeFormat);
  if (choice.line !== null) put("line", placeText(choice.line));
  return out.toString();
}

/** What makes no sense is left out; never throws. */
export function fromHash(hash: string, defaults: ViewChoice = NO_CHOICE): ViewChoice {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const flag = (key: string, otherwise: boolean) =>
    given.has(key) ? given.get(key) === "1" : otherwise;
  const columns = given.get("columns")?.split(",").filter((one) => one !== "");
  const format = given.get("format") ?? "";
  return {
    application: given.get("app"),
    environment: given.get("env"),
    servers: given.getAll("server"),
    types: given.getAll("type"),
    statuses: given.getAll("status").filter(isStatus),
    filter: given.getAll("filter").map(patternOf),
    exclude: given.getAll("exclude").map(patternOf),
    highlight: given.getAll("highlight").map(patternOf),
    requestId: given.get("request"),
    mine: given.get("mine"),
    sinceS: numberOf(given.get("since")),
    untilS: numberOf(given.get("until")),
    atSource: flag("at-source", defaults.atSource),
    collapse: flag("collapse", defaults.collapse),
    fold: flag("fold", defaults.fold),
    line: placeOf(given.get("line")),
    columns: columns !== undefined && columns.length > 0 ? columns : defaults.columns,
    wrap: flag("wrap", defaults.wrap),
    zone: given.get("zone") ?? defaults.zone,
    timeFormat: FORMATS.includes(format)
      ? (format as ViewChoice["timeFormat"])
      : defaults.timeFormat,
  };
}

/** The fragment of a link that shows one line to others with access. */
export function permalinkHash(choice: ViewChoice, line: LinePlace): string {
  const { application, environment, zone, timeFormat, columns } = choice;
  return toHash({ ...NO_CHOICE, application, environment, zone, timeFormat, columns, line });
}

function patternText({ text, regex }: Pattern): string {
  if (text === "") return "";
  if (regex) return REGEX + text;
  return text.startsWith(REGEX) || text.startsWith(PLAIN) ? PLAIN + text : text;
}

function patternOf(text: string): Pattern {
  if (text.startsWith(REGEX)) return { text: text.slice(REGEX.length), regex: true };
  return { text: text.startsWith(PLAIN) ? text.slice(PLAIN.length) : text, regex: false };
}

function placeText({ server, type, cursor }: LinePlace): string {
  return `${server} ${type} ${cursor}`;
}

function placeOf(text: string | null): LinePlace | null {
  const [server, type, cursor, ...rest] = (text ?? "").split(" ");
  if (!server || !type || cursor === undefined || rest.length > 0) return null;
  return { server, type, cursor };
}

function numberText(value: number | null): string | null {
  return value === null ? null : String(value);
}

function numberOf(text: string | null): number | null {
  const value = text === null || text === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

function isStatus(text: string): text is StatusClass {
  return (STATUS_CLASSES as readonly string[]).includes(text);
}
