const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Not Allowed',
  408: 'Request Time-out',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/** The title of an answer that the balancer makes itself: `502 Bad Gateway`. */
export function pageTitle(status: number): string {
  return `${status} ${titles[status] ?? 'Error'}`;
}

/** The small page of such an answer, byte for byte as an Application Load Balancer sends it. */
export function renderPage(title: string): string {
  return [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '</body>',
    '</html>',
    '',
  ].join('\r\n');
}
