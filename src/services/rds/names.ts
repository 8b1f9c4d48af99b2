import { createHash } from 'node:crypto';
import { invalidValue } from '#/services/rds/errors.ts';

interface Place {
  readonly region: string;
  readonly account: string;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The part of endpoint names that is the same for all databases of an account in a region. */
function endpointHash({ region, account }: Place): string {
  const digest = createHash('sha256').update(`rds ${account} ${region}`).digest();
  const characters = [...digest.subarray(0, 12)].map((byte) => alphabet[byte % alphabet.length]);
  return `c${characters.join('').slice(1)}`;
}

/** `<instance>.<hash>.eu-west-3.rds.amazonaws.com` */
export function instanceEndpoint(place: Place, id: string): string {
  return `${id}.${endpointHash(place)}.${place.region}.rds.amazonaws.com`;
}

/** The name of the writer. */
export function clusterEndpoint(place: Place, id: string): string {
  return `${id}.cluster-${endpointHash(place)}.${place.region}.rds.amazonaws.com`;
}

/** The name of the readers; of the writer while there is none. */
export function readerEndpoint(place: Place, id: string): string {
  return `${id}.cluster-ro-${endpointHash(place)}.${place.region}.rds.amazonaws.com`;
}

export type ArnType = 'cluster' | 'db' | 'subgrp' | 'pg' | 'cluster-pg';

export function rdsArn({ region, account }: Place, type: ArnType, name: string): string {
  return `arn:aws:rds:${region}:${account}:${type}:${name}`;
}

/**
 * An identifier as RDS keeps it: lower case.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.Constraints
 */
export function requireIdentifier(parameter: string, text: string): string {
  if (!/^[a-z](?!.*--)[a-z0-9-]{0,62}$/i.test(text) || text.endsWith('-'))
    throw invalidValue(
      `The parameter ${parameter} is not a valid identifier. Identifiers must begin with a letter; must contain ` +
        'only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.',
    );
  return text.toLowerCase();
}
