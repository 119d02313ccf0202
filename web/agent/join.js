// Where the hub is: from the page's address, whose fragment has the token, or from a join text (docs/FLEET.md, "The hub").

const tlsOnly = "This page came by HTTPS, and browsers then connect to hubs with TLS only.";

function port(text) {
  return /^\d{1,5}$/.test(text ?? "") && Number(text) > 0 && Number(text) < 65_536 ? text : undefined;
}

// A token goes to the hub that it was given for: what is made into a fragment of this page names its host.
function found({ secure, host, websocket, token }) {
  const hub = { server: `${secure ? "wss" : "ws"}://${host}:${websocket}`, token };
  return { hub, hash: new URLSearchParams({ token, ws: websocket, tls: secure ? "1" : "0", host }).toString() };
}

// `location`: the page's. `text`: its fragment, a whole address of such a page, or a join text. {hub: {server, token}, hash},
// where `hash` as a fragment of this page leads to the same hub; or {fault}, which is empty where nothing was said at all.
export function hubFrom(location, text) {
  const said = text.trim();
  if (said === "" || said === "#") return { fault: "" };
  if (said.startsWith("edgelab://")) return fromJoinText(said, location);
  const cut = said.indexOf("#");
  const [address, fragment] = cut < 0 ? ["", said] : [said.slice(0, cut), said.slice(cut + 1)];
  const values = new URLSearchParams(fragment);
  const websocket = port(values.get("ws"));
  const token = values.get("token");
  if (!token || !websocket) return { fault: "The address names no hub: after # there should be token=… and ws=…" };
  const page = address === "" ? location : addressOf(address);
  if (!page) return { fault: "This is no address of a page: it should be http(s)://HOST:PORT/#token=…&ws=…" };
  const secure = (values.get("tls") ?? (page.protocol === "https:" ? "1" : "0")) === "1";
  if (location.protocol === "https:" && !secure) return { fault: tlsOnly };
  return found({ secure, host: values.get("host") ?? page.hostname, websocket, token });
}

function addressOf(text) {
  try {
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}

function fromJoinText(text, location) {
  let url;
  try {
    url = new URL(text.replace(/^edgelab:/, "http:"));
  } catch {
    return { fault: "This is no join text: it should be edgelab://HOST:PORT/?token=…&ws=…" };
  }
  const token = url.searchParams.get("token");
  const websocket = port(url.searchParams.get("ws"));
  if (!token) return { fault: "The join text has no token." };
  if (!websocket) return { fault: "This hub has no port for browsers (ws=…)." };
  const tls = url.searchParams.get("tls") === "1";
  if (location.protocol === "https:" && !tls) return { fault: tlsOnly };
  return found({ secure: tls, host: url.hostname, websocket, token });
}

// Where a person can accept a certificate of the hub's making: browsers ask for that on pages only, and Firefox for each port.
// "" where the connection has none.
export function certificatePage(server) {
  return server.startsWith("wss://") ? `https://${server.slice("wss://".length)}/` : "";
}
