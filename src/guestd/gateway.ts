import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

export interface GatewayOptions {
  readonly address: string;
  /** The region process listens here. */
  readonly regionSocket: string;
  /** PEM texts. */
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * AWS's own endpoint names as guests know them (`s3.eu-west-3.amazonaws.com`), with a certificate that the images
 * trust. Everything is passed on to the region as it came, so that signatures still hold.
 */
export function startGateway(options: GatewayOptions): void {
  const pass = (incoming: IncomingMessage, response: ServerResponse): void =>
    forward(incoming, response, options.regionSocket);
  createServer(pass).listen(80, options.address);
  createTlsServer({ cert: options.certificate, key: options.privateKey }, pass).listen(443, options.address);
}

function forward(incoming: IncomingMessage, response: ServerResponse, socketPath: string): void {
  const outgoing = request(
    { socketPath, method: incoming.method, path: incoming.url, headers: incoming.headers, setHost: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => {
    if (!response.headersSent) response.writeHead(503, { 'content-type': 'text/plain' });
    response.end('The region is not running.');
  });
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
