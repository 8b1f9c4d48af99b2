/** What GetConsoleOutput answers at most: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html */
export const consoleBytesMax = 64 * 1024;

/**
 * The console's text from conmon's log: each line there is `<time> <stream> <F|P> <text>`, and a `P` (partial) line goes on
 * in the next. Pure; the last 64 KiB.
 */
export function parseConsoleLog(log: string): string {
  let text = '';
  for (const line of log.split('\n')) {
    const [, tag, rest] = /^\S+ (?:stdout|stderr) ([FP]) ?(.*)$/s.exec(line) ?? [];
    if (tag === undefined) continue; // cut at its beginning, or still being written
    text += tag === 'P' ? rest : `${rest}\n`;
  }
  return Buffer.from(text).subarray(-consoleBytesMax).toString();
}
