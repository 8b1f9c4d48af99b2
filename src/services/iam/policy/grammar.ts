import { AwsError } from '#/lib/aws-error.ts';

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

interface Statement {
  readonly sid: string | undefined;
  readonly effect: string;
  readonly actions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly dates: readonly string[];
}

/**
 * Checks a policy that says what an identity may do, and answers it unchanged. A managed policy must be of the
 * current version of the language. Throws MalformedPolicyDocument, the gravest fault first.
 */
export function requireIdentityPolicy(text: string, kind: 'managed' | 'inline'): string {
  const document = readDocument(text);
  const statements = asList(document['Statement']).map(readStatement);
  if (kind === 'managed' && document['Version'] !== currentVersion)
    throw malformed('Policy document must be version 2012-10-17 or greater.');
  statements.forEach(checkLegacy);
  const sids = statements.flatMap(({ sid }) => sid ?? []);
  if (new Set(sids).size < sids.length)
    throw malformed('Statement IDs (SID) in a single policy must be unique.');
  for (const { resources = [] } of statements) resources.forEach(checkResource);
  for (const { actions = [] } of statements) {
    if (actions.length === 0) throw malformed('Policy statement must contain actions.');
    actions.forEach(checkAction);
  }
  if (statements.some(({ resources = [] }) => resources.length === 0))
    throw malformed('Policy statement must contain resources.');
  return text;
}

const currentVersion = '2012-10-17';
const statementMembers = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);
const operator =
  /^(For(AllValues|AnyValue):)?(String(Equals|NotEquals|EqualsIgnoreCase|NotEqualsIgnoreCase|Like|NotLike)|(Numeric|Date)(Equals|NotEquals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)|Arn(Equals|Like|NotEquals|NotLike)|Bool|BinaryEquals|IpAddress|NotIpAddress|Null)(IfExists)?$/;

type Json = Readonly<Record<string, unknown>>;

function malformed(message: string): AwsError {
  return new AwsError('MalformedPolicyDocument', message);
}

function requireSyntax(holds: boolean): asserts holds {
  if (!holds) throw malformed('Syntax errors in policy.');
}

function readDocument(text: string): Json {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed('Syntax errors in policy.');
  }
  requireSyntax(isObject(document));
  requireSyntax(Object.keys(document).every((name) => ['Version', 'Id', 'Statement'].includes(name)));
  requireSyntax([undefined, currentVersion, '2008-10-17'].some((version) => version === document['Version']));
  requireSyntax(document['Id'] === undefined || typeof document['Id'] === 'string');
  requireSyntax(document['Statement'] !== undefined && asList(document['Statement']).length > 0);
  return document;
}

function readStatement(statement: unknown): Statement {
  requireSyntax(isObject(statement));
  const { Sid: sid, Effect: effect } = statement;
  if ('Principal' in statement || 'NotPrincipal' in statement)
    throw malformed('Policy document should not specify a principal.');
  requireSyntax(Object.keys(statement).every((name) => statementMembers.has(name)));
  requireSyntax(sid === undefined || typeof sid === 'string');
  requireSyntax(typeof effect === 'string' && /^(allow|deny)$/i.test(effect));
  return {
    sid: sid === '' ? undefined : sid,
    effect,
    actions: oneOf(statement, 'Action', 'NotAction'),
    resources: oneOf(statement, 'Resource', 'NotResource'),
    dates: readCondition(statement['Condition'] ?? {}),
  };
}

function oneOf(statement: Json, name: string, negation: string): readonly string[] | undefined {
  requireSyntax(!(name in statement && negation in statement));
  const value = statement[name] ?? statement[negation];
  if (value === undefined) return undefined;
  const items = asList(value);
  requireSyntax(items.every((item) => typeof item === 'string'));
  return items;
}

/** Answers the values that must be dates. */
function readCondition(condition: unknown): readonly string[] {
  requireSyntax(isObject(condition));
  return Object.entries(condition).flatMap(([name, keys]) => {
    requireSyntax(operator.test(name) && isObject(keys));
    const values = Object.values(keys).flatMap(asList);
    requireSyntax(values.every((value) => ['string', 'number', 'boolean'].includes(typeof value)));
    return name.includes('Date') ? values.map(String) : [];
  });
}

/** What the older reader of policies, which IAM still asks, refuses without saying why. */
function checkLegacy({ effect, resources = [], dates }: Statement): void {
  const isLegal =
    ['Allow', 'Deny'].includes(effect) &&
    dates.every(isDate) &&
    resources.every((resource) => {
      const [prefix, partition, vendor, ...rest] = resource.split(':');
      return (
        prefix !== 'arn' || partition !== 'aws' || vendor === undefined || (vendor !== '' && rest.length > 2)
      );
    });
  if (!isLegal) throw malformed('The policy failed legacy parsing');
}

const secondsMax = 2n ** 63n - 1n;

function isDate(text: string): boolean {
  if (/^-?\d+$/.test(text)) return BigInt(text) <= secondsMax;
  return /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?)?)?$/i.test(text);
}

function checkAction(action: string): void {
  if (action === '*') return;
  const [vendor = '', ...names] = action.split(':');
  if (names.length === 0)
    throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  if (names.length > 1) throw malformed('Actions/Condition can contain only one colon.');
  if (!/^[A-Za-z0-9.-]+$/.test(vendor)) throw malformed(`Vendor ${vendor} is not valid`);
}

const regionlessVendors = new Set(['s3', 'iam']);

function checkResource(resource: string): void {
  if (resource === '*') return;
  if (!resource.includes(':')) throw malformed(`Resource ${resource} must be in ARN format or "*".`);
  const [, partition = '', vendor, region = ''] = resource.split(':');
  if (!/^(aws(-[a-z]+)*|\*)$/.test(partition)) {
    const parts = ['arn', ...resource.split(':').slice(1)];
    const whole = [...parts, '*', '*', '*', '*'].slice(0, Math.max(6, parts.length)).join(':');
    throw malformed(`Partition "${partition}" is not valid for resource "${whole}".`);
  }
  if (vendor === undefined || /[*?]/.test(vendor))
    throw malformed('Resource vendor must be fully qualified and cannot contain regexes.');
  if (region !== '' && region !== '*' && regionlessVendors.has(vendor))
    throw malformed(
      vendor === 'iam'
        ? `IAM resource ${resource} cannot contain region information.`
        : `Resource ${resource} can not contain region information.`,
    );
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
