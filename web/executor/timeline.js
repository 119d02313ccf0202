// What happened in a trial, as the columns of docs/PROTOCOL.md, in parts that each fit into a line.

const rowsInAPart = 10_000; // of numbers: some 120 KB
const bytesInAPart = 120_000; // of requests
const longestText = 100_000; // bytes; a longer one is cut short
const encoder = new TextEncoder();
const toNs = (ms) => Math.round(ms * 1e6); // before differences are taken, so that these add up
const between = (from, to) => Math.max(to - from, 0);

function cutShort(text) {
  const bytes = encoder.encode(text);
  if (bytes.length <= longestText) return text;
  return new TextDecoder().decode(bytes.subarray(0, longestText)).replace(/\uFFFD+$/, "");
}

// A request's row; the columns of `drafted`, `accepted` and `retries` are never known here and left out.
function row(record, before) {
  const { answer } = record;
  const arrival = toNs(record.arrival);
  const admitted = toNs(record.admitted ?? record.end);
  const first = answer.emissions[0]?.at;
  return {
    id: record.id,
    pass: record.pass,
    arrival_ns: between(before, arrival),
    admitted_ns: record.admitted === undefined ? -1 : between(arrival, admitted),
    prefill_end_ns: first === undefined ? -1 : between(admitted, toNs(first)),
    end_ns: between(arrival, toNs(record.end)),
    prompt_tokens: answer.counts.promptTokens,
    cached_tokens: answer.counts.cachedTokens,
    emissions: answer.emissions.length,
    finish: cutShort(answer.finish),
    text: cutShort(answer.text),
    server_prefill_ns: answer.counts.serverPrefillNs,
    server_decode_ns: answer.counts.serverDecodeNs,
  };
}

function* requestParts(rows) {
  let columns = {};
  let bytes = 0;
  for (const one of rows) {
    const size = encoder.encode(JSON.stringify(one)).length;
    if (bytes > 0 && bytes + size > bytesInAPart) {
      yield { requests: columns };
      columns = {};
      bytes = 0;
    }
    for (const [name, value] of Object.entries(one)) (columns[name] ??= []).push(value);
    bytes += size;
  }
  if (bytes > 0) yield { requests: columns };
}

function* numberParts(length, part) {
  for (let from = 0; from < length; from += rowsInAPart) yield part(from, Math.min(from + rowsInAPart, length));
}

// `records`, in order of arrival: {id, pass, arrival, admitted (undefined: never), end, answer}; times in ms of performance.now().
// `start`: when the trial began. Returns the `columns` of each timeline message.
export function timelineOf(start, records) {
  const rows = records.map((record, i) => row(record, toNs(i === 0 ? start : records[i - 1].arrival)));
  for (const name of ["server_prefill_ns", "server_decode_ns"]) {
    if (rows.every((one) => one[name] < 0)) rows.forEach((one) => delete one[name]);
  }
  const gaps = [];
  const tokens = [];
  for (const record of records) {
    let last = toNs(record.arrival);
    for (const emission of record.answer.emissions) {
      const at = toNs(emission.at);
      gaps.push(between(last, at));
      tokens.push(emission.tokens);
      last = at;
    }
  }
  const ids = records.every((record) => record.answer.hasAllIds) ? records.flatMap((record) => record.answer.tokenIds) : [];
  return [
    ...requestParts(rows),
    ...numberParts(gaps.length, (from, to) => ({ emissions: { gap_ns: gaps.slice(from, to), tokens: tokens.slice(from, to) } })),
    ...numberParts(ids.length, (from, to) => ({ token_ids: ids.slice(from, to) })),
  ];
}
