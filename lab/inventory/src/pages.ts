import type { Identity } from './identity.ts';
import type { Item } from './items.ts';

/** What every page tells about where it came from. */
export interface Origin extends Identity {
  /** Undefined when no database answered. */
  readonly databaseHost: string | undefined;
  /** The endpoint that the application writes to. */
  readonly databaseEndpoint: string;
}

/** The list, with a form to add; `notice` is shown above it. */
export function renderList(items: readonly Item[], origin: Origin, notice?: string): string {
  const rows = items
    .map(
      ({ id, name, quantity }) => `
        <tr>
          <td>${escape(name)}</td>
          <td class="number">${quantity}</td>
          <td class="actions">
            <a href="/items/${escape(id)}" aria-label="Edit ${escape(name)}">Edit</a>
            <form method="post" action="/items/${escape(id)}/delete"><button aria-label="Delete ${escape(name)}">Delete</button></form>
          </td>
        </tr>`,
    )
    .join('');
  const table =
    items.length === 0
      ? '<p>No items yet.</p>'
      : `<table>
        <thead><tr><th scope="col">Item</th><th scope="col" class="number">Quantity</th><th scope="col">Actions</th></tr></thead>
        <tbody>${rows}
        </tbody>
      </table>`;
  return renderPage(
    'Inventory',
    `${notice === undefined ? '' : `<p class="notice" role="alert">${escape(notice)}</p>`}
      ${table}
      <h2>Add an item</h2>
      ${renderForm('/items', { name: '', quantity: 1 }, 'Add')}`,
    origin,
  );
}

export function renderEdit(item: Item, origin: Origin): string {
  return renderPage(
    `Edit ${item.name}`,
    `${renderForm(`/items/${item.id}`, item, 'Save')}
      <p><a href="/">Back to the list</a></p>`,
    origin,
  );
}

export function renderProblem(title: string, text: string, origin: Origin): string {
  return renderPage(
    title,
    `<p class="notice" role="alert">${escape(text)}</p><p><a href="/">Back to the list</a></p>`,
    origin,
  );
}

function renderForm(
  action: string,
  { name, quantity }: Pick<Item, 'name' | 'quantity'>,
  button: string,
): string {
  return `<form method="post" action="${escape(action)}" class="item">
        <label>Name <input name="name" required maxlength="100" value="${escape(name)}"></label>
        <label>Quantity <input name="quantity" type="number" min="0" max="1000000" required value="${quantity}"></label>
        <button>${button}</button>
      </form>`;
}

function renderPage(title: string, body: string, origin: Origin): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escape(title)}</title>
    <style>
      body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #16191f; background: #fff; }
      table { border-collapse: collapse; width: 100%; }
      th, td { padding: .4rem .6rem; border-bottom: 1px solid #d5dbdb; text-align: left; }
      .number { text-align: right; }
      .actions { white-space: nowrap; }
      .actions form { display: inline; margin-left: .6rem; }
      form.item { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; }
      label { display: grid; gap: .2rem; }
      input, button { font: inherit; padding: .3rem .6rem; }
      .notice { border-left: .3rem solid #b7410e; padding: .4rem .8rem; background: #fdf3ec; }
      dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
      dd { margin: 0; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
      footer { margin-top: 3rem; border-top: 1px solid #d5dbdb; font-size: .9rem; }
    </style>
  </head>
  <body>
    <main>
      <h1>${escape(title)}</h1>
      ${body}
    </main>
    <footer>
      <h2>Served by</h2>
      <dl>
        <dt>Instance</dt><dd id="instance">${escape(origin.instanceId)}</dd>
        <dt>Availability Zone</dt><dd id="zone">${escape(origin.availabilityZone)}</dd>
        <dt>Database server</dt><dd id="database">${escape(origin.databaseHost ?? 'no answer')}</dd>
        <dt>Database endpoint</dt><dd>${escape(origin.databaseEndpoint)}</dd>
      </dl>
    </footer>
  </body>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => entities[mark] ?? mark);
}
