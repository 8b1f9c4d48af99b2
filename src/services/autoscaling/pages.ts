import { AwsError } from '#/lib/aws-error.ts';

/** Cuts the page that was asked for; 50 items unless told, 100 at most. */
export function paginate<T>(
  all: readonly T[],
  { MaxRecords, NextToken }: { readonly MaxRecords?: number; readonly NextToken?: string },
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const start = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, 'base64url').toString());
  if (!Number.isSafeInteger(start) || start < 0)
    throw new AwsError('InvalidNextToken', 'The NextToken value is not valid.');
  const end = start + Math.min(MaxRecords ?? 50, 100);
  return {
    items: all.slice(start, end),
    nextToken: end < all.length ? Buffer.from(String(end)).toString('base64url') : undefined,
  };
}
