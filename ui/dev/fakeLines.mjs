// Made-up lines for the fake hub: a function of source, number and time.

export const LINE_BYTES = 100;

export const TYPES = {
  "apache-request": { display: "Apache request" },
  "php-error": { display: "PHP error" },
  "drupal-watchdog": { display: "Drupal watchdog" },
};

const PATHS = ["/", "/node/1", "/user/login", "/sites/default/files/logo.png", "/api/v1/items?page=2"];
const STATUSES = [200, 200, 200, 200, 304, 301, 404, 200, 500, 403];
const HOSTILE = [
  "<img src=x onerror=alert(1)><script>alert(2)</script>",
  "\u202egnp.exe\u202c bidi and \u001b[31mred\u001b[0m",
];

/** The same numbers for the same seed. */
const mixed = (a, b) => Math.abs(Math.imul(a * 2654435761 + 40503, b * 2246822519 + 1) >> 7);

/** Give line `i` of a source: text, status, requestId, time. */
export function lineAt(server, type, i, timeS) {
  const n = mixed(i, server.charCodeAt(4) + type.length);
  const requestId = n % 3 === 0 ? `v-${(n % 5000).toString(16)}` : i % 50 === 7 ? "ac-ls-1-2" : null;
  const time = Math.floor(timeS);
  const stamp = new Date(time * 1000).toISOString();
  if (type === "apache-request") {
    const status = STATUSES[n % STATUSES.length];
    const path = n % 401 === 0 ? HOSTILE[n % 2] : PATHS[n % PATHS.length];
    const text = `203.0.113.${n % 250} - - [${stamp}] "GET ${path} HTTP/1.1" ${status} ${n % 9000} "-" "curl/8.5" vhost=example.com request_id="${requestId}"`;
    return { text, status, requestId, time };
  }
  if (type === "php-error") {
    const trace = n % 5 === 0 ? `\nStack trace:\n#0 /srv/index.php(${n % 90}): run()\n#1 {main}\n  thrown in /srv/a.php` : "";
    const text = n % 4 < 2 ? "PHP Notice:  Undefined index: page in /srv/a.php on line 7" : `PHP Fatal error:  ${n % 7} in /srv/a.php${trace}`;
    return { text: `[${stamp}] ${text}`, status: null, requestId, time };
  }
  const text = `${stamp} example drupal: http://example.com|${time}|page not found|198.51.100.${n % 250}|/x|||0||x${n % 100}`;
  return { text, status: null, requestId, time };
}
