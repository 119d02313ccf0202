/// What a hub's QR code or join text says (docs/FLEET.md).
class JoinAddress {
  const JoinAddress({required this.host, required this.port, required this.token, required this.secure});

  final String host;

  /// Of the hub's WebSocket.
  final int port;
  final String token;
  final bool secure;

  Uri get webSocket => Uri(scheme: secure ? 'wss' : 'ws', host: host, port: port, path: '/');

  /// `edgelab://HOST:PORT/?token=TOKEN&ws=PORT&tls=1`, or the address of the hub's page, whose fragment says the same. Throws
  /// [FormatException] with what is missing.
  factory JoinAddress.parse(String text) {
    final uri = Uri.parse(text.trim());
    final isPage = uri.scheme == 'http' || uri.scheme == 'https';
    if (!isPage && uri.scheme != 'edgelab') {
      throw const FormatException("this is no hub's address: it begins with edgelab:// or is that of a hub's page");
    }
    final fields = Uri.splitQueryString(isPage ? uri.fragment : uri.query);
    final token = fields['token'] ?? '';
    final port = int.tryParse(fields['ws'] ?? '');
    if (uri.host.isEmpty) throw const FormatException('the address names no host');
    if (token.isEmpty) throw const FormatException('the address has no token');
    if (port == null) throw const FormatException('the address names no WebSocket port (ws=PORT)');
    // A hub and its page need not both have TLS; pages of earlier hubs said nothing of it.
    final said = fields['tls'] ?? (uri.scheme == 'https' ? '1' : '0');
    final secure = said == '1';
    return JoinAddress(host: uri.host, port: port, token: token, secure: secure);
  }
}
