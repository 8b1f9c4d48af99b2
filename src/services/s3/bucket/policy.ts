/** One statement of a bucket policy, as far as anonymous readers are concerned. */
interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: unknown;
}

/**
 * Whether a bucket policy lets everybody do this. Statements with conditions let nobody in. Signed callers of the
 * account are not asked: their policies are not enforced yet.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html
 */
export function allowsEverybody(policy: string | undefined, action: string, resourceArn: string): boolean {
  const statements = policy === undefined ? [] : statementsOf(policy);
  const matching = statements.filter(
    (statement) =>
      isEverybody(statement.Principal) &&
      asList(statement.Action).some((pattern) => matchesPattern(pattern, action)) &&
      asList(statement.Resource).some((pattern) => matchesPattern(pattern, resourceArn)),
  );
  if (matching.some(({ Effect }) => Effect === 'Deny')) return false;
  return matching.some(({ Effect, Condition }) => Effect === 'Allow' && Condition === undefined);
}

function statementsOf(policy: string): readonly Statement[] {
  const { Statement: statements } = JSON.parse(policy) as { Statement?: Statement | Statement[] }; // checked when put
  return statements === undefined ? [] : Array.isArray(statements) ? statements : [statements];
}

function isEverybody(principal: unknown): boolean {
  if (principal === '*') return true;
  return (
    typeof principal === 'object' &&
    principal !== null &&
    'AWS' in principal &&
    asList(principal.AWS).includes('*')
  );
}

function asList(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}

function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
