import { createHash } from 'node:crypto';
import { unreachable } from '#/lib/assert.ts';
import type { BalancerAction, BalancerCondition, BalancerRule } from '#/drivers/balancer/driver.ts';

/** Lines of a frontend, and the files they name. */
export interface RenderedRules {
  readonly lines: readonly string[];
  readonly files: ReadonlyMap<string, string>;
}

/** The rules of one listener: the first that matches is remembered in `txn.rule`, then its action happens. */
export function renderRules(rules: readonly BalancerRule[]): RenderedRules {
  const files = new Map<string, string>();
  const choice = rules.map((rule, index) => {
    const conditions = ['!{ var(txn.rule) -m found }', ...rule.conditions.map(renderCondition)];
    return `http-request set-var(txn.rule) int(${index}) if ${conditions.join(' ')}`;
  });
  const actions = rules.flatMap(({ action }, index) =>
    renderAction(action, `{ var(txn.rule) -m int ${index} }`, files),
  );
  return { lines: [...choice, ...actions], files };
}

function renderCondition(condition: BalancerCondition): string {
  switch (condition.field) {
    case 'host-header':
      return `{ var(txn.host) -m reg -i ${condition.values.map(renderPattern).join(' ')} }`;
    case 'path-pattern':
      return `{ path -m reg ${condition.values.map(renderPattern).join(' ')} }`;
    case 'http-request-method':
      return `{ method -m reg ${condition.values.map(renderPattern).join(' ')} }`;
    case 'source-ip':
      return `{ src ${condition.values.map((value) => value.replaceAll(/[^0-9a-fA-F.:/]/g, '')).join(' ')} }`;
    case 'http-header':
      return `{ req.fhdr(${condition.name.replaceAll(/[^\w-]/g, '')}) -m reg -i ${condition.values.map(renderPattern).join(' ')} }`;
    case 'query-string':
      return `{ query -m reg -i ${condition.pairs.map(renderQueryPattern).join(' ')} }`;
    default:
      return unreachable(condition);
  }
}

/** A quoted regular expression for a whole text with `*` and `?`. */
function renderPattern(pattern: string): string {
  return `'^${toExpression(pattern, '.')}$'`;
}

function renderQueryPattern({ key, value }: { key: string | undefined; value: string }): string {
  const name = key === undefined ? '([^&=]*=)?' : `${toExpression(key, '[^&]')}=`;
  return `'(^|&)${name}${toExpression(value, '[^&]')}(&|$)'`;
}

/** Everything but letters, digits and the wildcards becomes a byte's number: nothing in it can end the quotes. */
function toExpression(pattern: string, any: string): string {
  return [...Buffer.from(pattern)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (character === '*') return `${any}*`;
      if (character === '?') return any;
      return /[A-Za-z0-9]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function renderAction(action: BalancerAction, when: string, files: Map<string, string>): string[] {
  switch (action.type) {
    case 'forward':
      return renderForward(action.targetGroups, when);
    case 'redirect':
      return renderRedirect(action, when);
    case 'fixed-response': {
      if (action.body === '')
        return [`http-request return status ${action.status} hdr Server awselb/2.0 if ${when}`];
      const file = `body-${createHash('sha1').update(action.body).digest('hex').slice(0, 16)}`;
      files.set(file, action.body);
      const contentType = action.contentType.replaceAll(/[^\w/.+-]/g, '') || 'text/plain';
      return [
        `http-request return status ${action.status} content-type ${contentType} file ./${file} hdr Server awselb/2.0 if ${when}`,
      ];
    }
    default:
      return unreachable(action);
  }
}

function renderForward(
  groups: readonly { readonly id: string; readonly weight: number }[],
  when: string,
): string[] {
  const weighted = groups.filter(({ weight }) => weight > 0);
  const [only, ...others] = weighted;
  if (!only) return []; // no group has a weight: answered like an empty group
  if (others.length === 0) return [`http-request set-var(txn.tg) str(${only.id}) if ${when}`];
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  let below = 0;
  return [
    `http-request set-var(txn.draw) rand(${total}) if ${when}`,
    ...weighted.map(({ id, weight }) => {
      below += weight;
      return `http-request set-var(txn.tg) str(${id}) if ${when} !{ var(txn.tg) -m found } { var(txn.draw) -m int lt ${below} }`;
    }),
  ];
}

function renderRedirect(action: Extract<BalancerAction, { type: 'redirect' }>, when: string): string[] {
  const protocol = renderLocation(action.protocol).toLowerCase();
  const path = action.path.startsWith('/') ? action.path : `/${action.path}`;
  const base = `${protocol}://${renderLocation(action.host)}:${renderLocation(action.port)}${renderLocation(path)}`;
  const redirect = `http-request redirect code ${action.status} location`;
  if (action.query === '') return [`${redirect} ${base} if ${when}`];
  const whole = `${redirect} ${base}?${renderLocation(action.query)} if ${when}`;
  if (action.query !== '#{query}') return [whole];
  return [`${whole} { query -m len gt 0 }`, `${redirect} ${base} if ${when}`];
}

const placeholders: Readonly<Record<string, string>> = {
  protocol: '%[str(http)]',
  host: '%[var(txn.host)]',
  port: '%[dst_port]',
  path: '%[path,regsub(^/,)]',
  query: '%[query]',
};

/** A part of a redirect's location, with AWS's placeholders; what is special to the proxy is percent-encoded. */
function renderLocation(text: string): string {
  return text
    .split(/#\{(protocol|host|port|path|query)\}/)
    .map((part, index) =>
      index % 2 === 1
        ? (placeholders[part] ?? '')
        : part
            .replaceAll('%', '%%')
            .replaceAll(/[^A-Za-z0-9\-._~/:@&=+,;!*%?]/g, (character) =>
              [...Buffer.from(character)]
                .map((byte) => `%%${byte.toString(16).padStart(2, '0').toUpperCase()}`)
                .join(''),
            ),
    )
    .join('');
}
