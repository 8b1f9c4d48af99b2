/** One source file as the rules see it. */
export interface SourceFile {
  /** From the top of the project: `src/store/store.ts`. */
  readonly path: string;
  readonly text: string;
}

/** A file that breaks a rule, and why there is the rule. */
export interface Violation {
  readonly path: string;
  readonly what: string;
  readonly because: string;
}

/** What files must not import. */
interface Layer {
  readonly from: RegExp;
  readonly mayNotImport: RegExp;
  readonly because: string;
}

/** What must not stand in a file. */
interface Ban {
  readonly files: RegExp;
  readonly text: RegExp;
  readonly because: string;
}

const tests = /\.test\.ts$|\/testing(\/|\.ts$)|^test\/|-simulation\.ts$|\/conformance\.ts$/;
/** What the linux drivers share (their site, their daemons) may be used by whoever starts and ends a region. */
const implementations = /^src\/drivers\/(?!linux\/)[^/]+\/(?!driver\.ts$|evaluate\.ts$)/;

/** One direction: wire, operations, store, controllers, drivers. */
export const layers: readonly Layer[] = [
  {
    from: /^src\/lib\//,
    mayNotImport: /^src\/(?!lib\/)/,
    because: 'the library knows nothing of the region: whoever needs it may take it',
  },
  {
    from: /^src\/store\//,
    mayNotImport: /^src\/(?!lib\/|store\/)/,
    because: 'the store keeps records of any kind and knows none of them',
  },
  {
    from: /^src\/controllers\//,
    mayNotImport: /^src\/(?!lib\/|store\/|controllers\/)/,
    because: 'the runtime drives controllers of any kind and knows none of them',
  },
  {
    from: /^src\/drivers\//,
    mayNotImport: /^src\/(?!lib\/|drivers\/|guestd\/|images\/)/,
    because: 'drivers speak Linux: a driver that knows AWS cannot be replaced by its twin',
  },
  {
    from: /^src\/(guestd|images)\//,
    mayNotImport: /^src\/(?!lib\/|drivers\/|guestd\/|images\/)/,
    because: 'what runs beside guests, and what they are made of, goes on without the region process',
  },
  {
    from: /^src\/wire\//,
    mayNotImport: /^src\/(?!lib\/|wire\/|services\/contract\.ts$)/,
    because: 'the wire layer carries any service by its model, so that no service is special',
  },
  {
    from: /^src\/services\//,
    mayNotImport: /^src\/(cli|server|guestd|images|main|region)\b/,
    because: 'services are parts of a region, not users of one',
  },
  {
    // S3's bodies are streams: its handlers are asynchronous, and pass them on.
    from: /^src\/services\/(?!s3\/).+\/[a-z-]*(operations|output|errors)\.ts$/,
    mayNotImport: /^src\/drivers\//,
    because: 'handlers write wishes, controllers fulfil them: a crash between two effects is never repaired',
  },
  {
    from: /^src\/(?!server\/data-plane\.ts$|drivers\/)/,
    mayNotImport: implementations,
    because: 'only server/data-plane.ts picks implementations; everyone else sees the contract, driver.ts',
  },
  {
    from: /^src\/(?!cli\/)/,
    mayNotImport: /^src\/cli\//,
    because: 'the command line is a client of the region',
  },
];

export const bans: readonly Ban[] = [
  {
    files: /^src\/(?!lib\/clock\.ts$)/,
    text: /\bDate\.now\b|new Date\(\)/,
    because: 'time comes from a Clock, so that a simulation can own it',
  },
  {
    files: /^src\/(store|controllers|services|wire|region)\b/,
    text: /\bperformance\.now\b|\bset(Timeout|Interval)\(/,
    because: 'whatever waits for a Clock passes in no time where a simulation owns it',
  },
  {
    files: /^src\/(?!lib\/random\.ts$)/,
    text: /\bMath\.random\b|\brandomUUID\b|\brandomInt\b/,
    because: 'chance comes from a Random, so that one seed repeats a whole life',
  },
  {
    files: /^(src|tools|lab|bench)\/(?!lib\/run\.ts$)/,
    text: /^import (?!type ).*node:child_process/m,
    because: 'programs start in lib/run.ts only, with an argument list and never through a shell',
  },
  {
    files: /\.ts$/,
    text: /^export default\b/m,
    because: 'a thing has one name everywhere',
  },
  {
    files: /\.ts$/,
    text: /^\s*(?:export )?(?:declare )?(?:const )?(?:enum|namespace) \w/m,
    because: 'Node runs the source as it is: types are erased, and these are not types',
  },
  {
    files: /\.ts$/,
    text: /\b(TODO|FIXME|XXX)\b/,
    because: 'what is to be done is written where it is planned, not where it is forgotten',
  },
  {
    files: /^(src|lab|tools|bench|docs|snowglobe)/,
    text: /["'`( ]\/(work|tmp\/brief|root|home\/\w+)\//,
    because: 'a path of one machine means nothing on another',
  },
  {
    files: /^(src|lab|tools|bench|docs|snowglobe)/,
    text: /\b(issue|ticket|pull request) #?\d+/i,
    because: 'a reader of the code has the code: say the reason itself',
  },
];

const namesBanned: Readonly<Record<string, string>> = {
  'index.ts': 'import the file you mean',
  'utils.ts': 'a file is named for what it is for',
  'util.ts': 'a file is named for what it is for',
  'helpers.ts': 'a file is named for what it is for',
  'common.ts': 'a file is named for what it is for',
};

const linesMax = 400;

/** Long files, and why each may be. */
export const longFiles: Readonly<Record<string, string>> = {
  'src/services/autoscaling/auto-scaling-group/group.test.ts': 'one story for each thing a group does',
  'test/wire/requests.test.ts': 'one table of every protocol',
};

/** Kinds of files that a resource type's folder has; each of them says more than its name. */
const roles: readonly { readonly file: string; readonly needs: string; readonly because: string }[] = [
  { file: 'controller.ts', needs: 'resource.ts', because: 'a controller fulfils the wishes of a resource' },
  { file: 'cloudformation.ts', needs: 'operations.ts', because: 'stacks call operations, never the store' },
  { file: 'decide.ts', needs: 'resource.ts', because: 'a decision is made about a resource' },
];

/** Breaks of all rules, in the order of the files. */
export function findViolations(files: readonly SourceFile[]): readonly Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  return files.flatMap((file) => [
    ...brokenLayers(file),
    ...brokenBans(file),
    ...brokenNames(file),
    ...brokenLength(file),
    ...brokenRoles(file, paths),
  ]);
}

/** Exceptions that no file needs any more. */
export function staleExceptions(files: readonly SourceFile[]): readonly string[] {
  return Object.keys(longFiles).filter(
    (path) => !files.some((file) => file.path === path && lineCount(file) > linesMax),
  );
}

function brokenLayers({ path, text }: SourceFile): readonly Violation[] {
  if (tests.test(path)) return [];
  const imported = importsOf(path, text);
  return layers
    .filter(({ from }) => from.test(path))
    .flatMap(({ mayNotImport, because }) =>
      imported
        .filter((other) => mayNotImport.test(other))
        .map((other) => ({ path, what: `imports ${other}`, because })),
    );
}

/** What a file imports from the project, as paths from its top. */
function importsOf(path: string, text: string): readonly string[] {
  const found = text.matchAll(
    /^(?:import|export)\b[^'";]*?from '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm,
  );
  return [...found].flatMap(([, ...names]) => {
    const name = names.find((each) => each !== undefined) ?? '';
    if (name.startsWith('#/')) return [`src/${name.slice(2)}`];
    if (name.startsWith('.')) return [new URL(name, `file:///${path}`).pathname.slice(1)];
    return [];
  });
}

function brokenBans({ path, text }: SourceFile): readonly Violation[] {
  if (tests.test(path)) return [];
  return bans
    .filter(({ files }) => files.test(path))
    .flatMap(({ text: banned, because }) => {
      const [found] = banned.exec(text) ?? [];
      return found === undefined ? [] : [{ path, what: `says ${found.trim()}`, because }];
    });
}

function brokenNames({ path }: SourceFile): readonly Violation[] {
  const name = path.split('/').at(-1) ?? '';
  const because = Object.hasOwn(namesBanned, name) ? namesBanned[name] : undefined;
  if (because !== undefined) return [{ path, what: `is called ${name}`, because }];
  if (name.endsWith('.ts') && /[^a-z0-9.-]/.test(name))
    return [{ path, what: `is called ${name}`, because: 'file names are lower case, with dashes' }];
  return [];
}

function brokenLength(file: SourceFile): readonly Violation[] {
  const isGenerated = file.path.startsWith('src/wire/api/');
  if (isGenerated || Object.hasOwn(longFiles, file.path) || lineCount(file) <= linesMax) return [];
  return [
    {
      path: file.path,
      what: `has ${lineCount(file)} lines`,
      because: `a file of more than ${linesMax} lines asks to be split, or to be listed with its reason`,
    },
  ];
}

function brokenRoles({ path }: SourceFile, paths: ReadonlySet<string>): readonly Violation[] {
  const [, folder, name] = /^(src\/services\/[^/]+\/[^/]+)\/([^/]+)$/.exec(path) ?? [];
  return roles
    .filter(({ file, needs }) => file === name && !paths.has(`${folder}/${needs}`))
    .map(({ needs, because }) => ({ path, what: `has no ${needs} beside it`, because }));
}

function lineCount({ text }: SourceFile): number {
  return text.split('\n').length - 1;
}
