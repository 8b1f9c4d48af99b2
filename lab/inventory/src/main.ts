import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readIdentity } from './identity.ts';
import { Items, type DatabaseSettings } from './items.ts';
import { createInventory } from './server.ts';

const settings = JSON.parse(
  readFileSync(process.env['DATABASE_SETTINGS'] ?? 'database.json', 'utf8'),
) as DatabaseSettings;
const server = createInventory({
  items: new Items(settings),
  identity: await readIdentity(),
  databaseEndpoint: settings.host,
  newId: randomUUID,
});
// Longer than the load balancer's idle timeout, so that it is never this side that closes a connection in use.
server.keepAliveTimeout = 75_000;
server.listen(Number(process.env['PORT'] ?? 80));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
