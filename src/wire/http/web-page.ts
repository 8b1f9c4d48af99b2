import { headerOf, type WireRequest } from '#/wire/http/request.ts';

/**
 * Why a request is refused that a web page could have made a browser send; undefined when it is fine. The region
 * has no cookies to abuse, but a page could reach it through a name that its owner points at 127.0.0.1.
 */
export function webPageRefusal(request: WireRequest): string | undefined {
  const host = headerOf(request, 'host');
  if (host !== undefined && !isOurName(host)) return `Host ${host} is not a name of this region`;
  const site = headerOf(request, 'sec-fetch-site');
  if (site === 'cross-site' || site === 'same-site') return `Requests from other sites (${site}) are refused`;
  const origin = headerOf(request, 'origin');
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return `Requests from ${origin} are refused`;
  return undefined;
}

const label = '[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?';
const ourNames = new RegExp(
  `^(?:127\\.0\\.0\\.1|\\[::1\\]|(?:${label}\\.)?localhost|${label}\\.amazonaws\\.com)(?::\\d{1,5})?$`,
  'i',
);

function isOurName(host: string): boolean {
  return ourNames.test(host);
}
