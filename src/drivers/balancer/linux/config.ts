import type {
  BalancerListener,
  BalancerNode,
  BalancerTarget,
  BalancerTargetGroup,
} from '#/drivers/balancer/driver.ts';
import { pageTitle, renderPage } from '#/drivers/balancer/linux/pages.ts';
import { renderRules } from '#/drivers/balancer/linux/rules.ts';

/** Everything the proxy reads, by file name inside the node's folder. */
export type NodeFiles = ReadonlyMap<string, string>;

/**
 * How long a balancer waits for a target to accept: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
 * On a client connection's second or later request the proxy closes it then without an answer, where AWS says 504.
 */
const connectTimeoutMs = 10_000;

/** The backend of the same targets without checks: where requests go when none of a group is healthy. */
export function openBackend(targetGroupId: string): string {
  return `${targetGroupId}:open`;
}

/** A target's name in the proxy; health checks derive their Host header from it. */
export function serverName({ address, port }: Pick<BalancerTarget, 'address' | 'port'>): string {
  return `${address}:${port}`;
}

/** The node's whole configuration. Pure: equal nodes give equal text. */
export function renderConfig(node: BalancerNode): NodeFiles {
  const files = new Map<string, string>();
  for (const status of [400, 405, 408, 500, 502, 503, 504]) {
    const page = renderPage(pageTitle(status));
    files.set(`${status}.html`, page);
    files.set(`${status}.http`, renderErrorFile(status, page));
  }
  files.set('unreachable.html', renderPage(unreachableTitle));
  const listeners = node.listeners.flatMap((listener) => {
    const rules = renderRules(listener.rules);
    for (const [name, text] of rules.files) files.set(name, text);
    return [...renderFrontend(node, listener), ...rules.lines.map(indent), ...frontendEnd.map(indent), ''];
  });
  const backends = node.targetGroups.flatMap((group) => [
    ...renderBackend(group),
    ...renderOpenBackend(group),
  ]);
  files.set('haproxy.cfg', [...renderGlobal(node), ...listeners, ...backends, ''].join('\n'));
  return files;
}

function indent(line: string): string {
  return `  ${line}`;
}

function renderErrorFile(status: number, page: string): string {
  const head = [
    `HTTP/1.1 ${pageTitle(status)}`,
    'Server: awselb/2.0',
    'Content-Type: text/html',
    `Content-Length: ${Buffer.byteLength(page)}`,
    '',
    '',
  ];
  return head.join('\r\n') + page;
}

// Seamless reloads need the sockets exposed; idle-close-on-response keeps a reload from cutting idle connections
// under a client's next request. Paths are relative to the node's folder: a socket's path must stay short.
function renderGlobal(node: BalancerNode): string[] {
  return [
    'global',
    '  stats socket unix@admin.sock mode 600 level admin expose-fd listeners',
    '  stats timeout 1m',
    '  user haproxy',
    '  group haproxy',
    '  maxconn 4000',
    '  nbthread 1',
    '  hard-stop-after 300s',
    '  max-spread-checks 500',
    '  server-state-file ./servers.state',
    '',
    'defaults',
    '  mode http',
    `  timeout connect ${connectTimeoutMs}ms`,
    `  timeout client ${node.idleTimeoutSeconds}s`,
    `  timeout server ${node.idleTimeoutSeconds}s`,
    `  timeout http-request ${node.idleTimeoutSeconds}s`,
    `  timeout http-keep-alive ${node.idleTimeoutSeconds}s`,
    `  timeout tunnel ${node.idleTimeoutSeconds}s`,
    '  timeout queue 1s',
    '  retries 0',
    '  option http-keep-alive',
    '  option idle-close-on-response',
    '  load-server-state-from-file global',
    ...[400, 408, 500, 502, 504].map((status) => `  errorfile ${status} ./${status}.http`),
    '  unique-id-format 1-%{+X}Ts-%[uuid,regsub(-,,g),bytes(0,24)]',
    '',
  ];
}

function renderFrontend(node: BalancerNode, listener: BalancerListener): string[] {
  return [
    `frontend listener:${listener.port}`,
    `  bind ${node.address}:${listener.port}`,
    '  http-request set-var(txn.start) date(0,ms)',
    '  http-request set-var(txn.host) req.hdr(host),field(1,:),lower',
    '  http-request return status 405 content-type text/html file ./405.html hdr Server awselb/2.0 if METH_TRACE',
    '  http-request set-var(txn.trace) unique-id,lower',
    '  http-request set-header X-Amzn-Trace-Id "Self=%[var(txn.trace)];%[req.fhdr(X-Amzn-Trace-Id)]" if { req.fhdr(X-Amzn-Trace-Id) -m sub Root= }',
    '  http-request set-header X-Amzn-Trace-Id "Root=%[var(txn.trace)]" unless { req.fhdr(X-Amzn-Trace-Id) -m sub Root= }',
    '  http-request set-header X-Forwarded-For "%[req.fhdr(X-Forwarded-For)], %[src]" if { req.fhdr(X-Forwarded-For) -m len gt 0 }',
    '  http-request set-header X-Forwarded-For %[src] unless { req.fhdr(X-Forwarded-For) -m len gt 0 }',
    '  http-request set-header X-Forwarded-Proto http',
    '  http-request set-header X-Forwarded-Port %[dst_port]',
  ];
}

/**
 * An empty group is answered here, so that a backend's own 503 can only mean that its target did not accept. A worker
 * that a reload has replaced counts no servers any more, and answers the last requests by what it knew.
 */
const frontendEnd = [
  'http-request return status 503 content-type text/html file ./503.html hdr Server awselb/2.0 unless { var(txn.tg) -m found }',
  'http-request return status 503 content-type text/html file ./503.html hdr Server awselb/2.0 if !{ stopping } { var(txn.tg),concat(:open),nbsrv eq 0 }',
  'use_backend %[var(txn.tg)]:open if !{ stopping } { var(txn.tg),nbsrv eq 0 }',
  'use_backend %[var(txn.tg)]',
];

/** True once a connection attempt has used up its time. */
const waitedLong = `date(0,ms),sub(txn.start),div(${connectTimeoutMs - 100}),bool`;

/** The proxy says 503 both when a target refuses and when it never answers; a balancer says 502 and 504. */
const unreachableTitle = `%[${waitedLong},iif(504 Gateway Time-out,502 Bad Gateway)]`;

function renderUnreachable(): string[] {
  return [
    '  http-error status 503 content-type text/html lf-file ./unreachable.html hdr Server awselb/2.0 hdr X-Unreachable 1',
    `  http-after-response set-status 504 reason "Gateway Time-out" if { res.hdr(X-Unreachable) -m found } { res.hdr(Server) awselb/2.0 } { ${waitedLong} }`,
    '  http-after-response set-status 502 reason "Bad Gateway" if { res.hdr(X-Unreachable) -m found } { res.hdr(Server) awselb/2.0 } { status 503 }',
    '  http-after-response del-header X-Unreachable',
  ];
}

function renderBackend(group: BalancerTargetGroup): string[] {
  const { healthCheck } = group;
  const host =
    healthCheck.port === 'traffic-port' ? '%[srv_name]' : `%[srv_name,field(1,:)]:${healthCheck.port}`;
  return [
    `backend ${group.id}`,
    ...renderBalancing(group),
    '  option httpchk',
    `  http-check send meth GET uri ${renderCheckPath(healthCheck.path)} ver HTTP/1.1 hdr Host ${host} hdr User-Agent ELB-HealthChecker/2.0`,
    `  http-check expect status ${healthCheck.matcher.replaceAll(/[^0-9,-]/g, '')}`,
    `  timeout check ${healthCheck.timeoutSeconds * 1000}ms`,
    ...group.targets.map((target) => `  server ${renderServer(group, target)}`),
    '',
  ];
}

function renderOpenBackend(group: BalancerTargetGroup): string[] {
  return [
    `backend ${openBackend(group.id)}`,
    ...renderBalancing(group),
    ...group.targets.map((target) => `  server ${renderOpenServer(target)}`),
    '',
  ];
}

/** A path may hold no blank and nothing the proxy would read as its own; what does is percent-encoded. */
function renderCheckPath(path: string): string {
  return path.replaceAll(/[^A-Za-z0-9\-._~/:@&=+,;!*%?]/g, (character) => encodeURIComponent(character));
}

function renderBalancing({ id, algorithm, stickiness }: BalancerTargetGroup): string[] {
  const balance = {
    round_robin: 'roundrobin',
    least_outstanding_requests: 'leastconn',
    weighted_random: 'random(1)',
  }[algorithm];
  return [
    `  balance ${balance}`,
    ...(stickiness
      ? [
          `  cookie AWSALB insert indirect dynamic maxidle ${stickiness.durationSeconds}s`,
          `  dynamic-cookie-key ${id}`,
        ]
      : []),
    ...renderUnreachable(),
  ];
}

/** A server as the configuration and `add server` both spell it; without the state it starts in. */
export function renderServer(group: BalancerTargetGroup, target: BalancerTarget): string {
  const { port, intervalSeconds, healthyThreshold, unhealthyThreshold } = group.healthCheck;
  const name = serverName(target);
  const checkPort = port === 'traffic-port' ? '' : ` port ${port}`;
  return `${name} ${name} check${checkPort} inter ${intervalSeconds * 1000}ms rise ${healthyThreshold} fall ${unhealthyThreshold} weight 1`;
}

export function renderOpenServer(target: BalancerTarget): string {
  const name = serverName(target);
  return `${name} ${name} weight 1`;
}
