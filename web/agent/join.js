// Where the hub is: from the page's address, whose fragment has the token, or from a join text (docs/FLEET.md, "The hub").

function port(text) {
  return /^\d{1,5}$/.test(text ?? "") && Number(text) > 0 && Number(text) < 65_536 ? text : undefined;
}

// `location`: the page's. `text`: its fragment, a whole address of such a page, or a join text. {hub: {server, token}, hash}, or
// {fault}, which is empty where nothing was said at all.
export function hubFrom(location, text) {
  const said = text.trim();
  if (said === "" || said === "#") return { fault: "" };
  if (said.startsWith("edgelab://")) return fromJoinText(said, location);
  const [address, fragment] = said.includes("#") ? said.split("#", 2) : ["", said];
  const values = new URLSearchParams(fragment);
  const websocket = port(values.get("ws"));
  const token = values.get("token");
  if (!token || !websocket) return { fault: "The address names no hub: after # there should be token=… and ws=…" };
  const page = address === "" ? location : new URL(address);
  const secure = (values.get("tls") ?? (page.protocol === "https:" ? "1" : "0")) === "1";
  const host = values.get("host") ?? page.hostname;
  return { hub: { server: `${secure ? "wss" : "ws"}://${host}:${websocket}`, token }, hash: fragment };
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
  if (location.protocol === "https:" && !tls)
    return { fault: "This page came by HTTPS, and browsers then connect to hubs with TLS only." };
  const hash = new URLSearchParams({ token, ws: websocket, tls: tls ? "1" : "0", host: url.hostname }).toString();
  return { hub: { server: `${tls ? "wss" : "ws"}://${url.hostname}:${websocket}`, token }, hash };
}
