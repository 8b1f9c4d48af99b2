import type { Random } from '#/lib/random.ts';
import { invalidParameter } from '#/services/secretsmanager/secret/resource.ts';

const kinds = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

export interface PasswordWish {
  readonly PasswordLength?: number | undefined;
  readonly ExcludeCharacters?: string | undefined;
  readonly ExcludeNumbers?: boolean | undefined;
  readonly ExcludePunctuation?: boolean | undefined;
  readonly ExcludeUppercase?: boolean | undefined;
  readonly ExcludeLowercase?: boolean | undefined;
  readonly IncludeSpace?: boolean | undefined;
  readonly RequireEachIncludedType?: boolean | undefined;
}

/** A random password: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export function randomPassword(wish: PasswordWish, random: Random): string {
  const length = wish.PasswordLength ?? 32;
  const excluded = new Set(wish.ExcludeCharacters ?? '');
  const included = [
    wish.ExcludeLowercase ? '' : kinds.lower,
    wish.ExcludeUppercase ? '' : kinds.upper,
    wish.ExcludeNumbers ? '' : kinds.digits,
    wish.ExcludePunctuation ? '' : kinds.punctuation,
    wish.IncludeSpace ? ' ' : '',
  ]
    .map((characters) => characters.split('').filter((character) => !excluded.has(character)))
    .filter((characters) => characters.length > 0);
  const all = included.flat();
  if (all.length === 0)
    throw invalidParameter('The password cannot be generated: every character is excluded.');
  const required = wish.RequireEachIncludedType === false ? [] : included;
  if (required.length > length) {
    throw invalidParameter('The password is too short for the character types required.');
  }
  const characters = [
    ...required.map((of) => pick(of, random)),
    ...Array.from({ length: length - required.length }, () => pick(all, random)),
  ];
  return shuffle(characters, random).join('');
}

function pick(characters: readonly string[], random: Random): string {
  return characters[random.int(characters.length)] ?? '';
}

function shuffle(items: readonly string[], random: Random): string[] {
  const rest = [...items];
  const shuffled: string[] = [];
  while (rest.length > 0) shuffled.push(...rest.splice(random.int(rest.length), 1));
  return shuffled;
}
