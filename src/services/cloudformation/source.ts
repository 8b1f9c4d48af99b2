import { AwsError } from '#/lib/aws-error.ts';
import { requireBodySize } from '#/services/cloudformation/engine/template.ts';
import { validationError } from '#/services/cloudformation/errors.ts';

/** Reads an object of the region's own S3 as text. */
export type ReadObject = (bucket: string, key: string) => Promise<string>;

export interface TemplateInput {
  readonly TemplateBody?: string;
  readonly TemplateURL?: string;
}

/** The template's text; undefined when the request gives none. Throws `ValidationError`. */
export async function readTemplate(
  input: TemplateInput,
  readObject: ReadObject,
): Promise<string | undefined> {
  const { TemplateBody: body, TemplateURL: url } = input;
  if (body !== undefined && url !== undefined) {
    throw validationError('Please specify either TemplateBody or TemplateURL, but not both.');
  }
  if (body !== undefined) {
    requireBodySize(body);
    return body;
  }
  if (url === undefined) return undefined;
  const place = parseObjectUrl(url);
  if (!place) throw validationError('TemplateURL must be a supported URL.');
  try {
    return await readObject(place.bucket, place.key);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw validationError(
      `S3 error: ${error.message}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html`,
    );
  }
}

/** The template's text; the request must give it. */
export async function requireTemplate(input: TemplateInput, readObject: ReadObject): Promise<string> {
  const text = await readTemplate(input, readObject);
  if (text === undefined) throw noTemplate();
  return text;
}

export function noTemplate(): AwsError {
  return validationError('Either Template URL or Template Body must be specified.');
}

/**
 * Bucket and key of an S3 URL: `https://bucket.s3.eu-west-3.amazonaws.com/key` or, with this region's own origins
 * as with AWS's, `http://host/bucket/key`. Undefined when it is neither.
 */
export function parseObjectUrl(text: string): { readonly bucket: string; readonly key: string } | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, pathname } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  const path = decodeURIComponent(pathname).slice(1);
  const virtual = /^(.+?)\.s3[.-]/.exec(hostname)?.[1];
  const slash = path.indexOf('/');
  const bucket = virtual ?? path.slice(0, Math.max(slash, 0));
  const key = virtual === undefined ? path.slice(slash + 1) : path;
  return bucket === '' || key === '' ? undefined : { bucket, key };
}
