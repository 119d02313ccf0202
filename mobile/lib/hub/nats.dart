import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:math';
import 'dart:typed_data';

/// A message that a subscription was sent.
class NatsMessage {
  const NatsMessage(this.subject, this.reply, this.data);

  final String subject;
  final String? reply;
  final Uint8List data;
}

/// As much of the NATS client protocol as an agent needs, over a WebSocket: one connection, which is not made again by itself.
class NatsConnection {
  NatsConnection._(this._socket);

  /// Completes when the server has let it in. `authority` is trusted besides whom the system trusts: the certificate (PEM) of a hub that
  /// made its own.
  static Future<NatsConnection> connect(Uri address, String token, {Uint8List? authority}) async {
    final trusted = SecurityContext(withTrustedRoots: true);
    if (authority != null) trusted.setTrustedCertificatesBytes(authority);
    final client = HttpClient(context: trusted)..connectionTimeout = const Duration(seconds: 10);
    final socket = await WebSocket.connect(
      address.toString(),
      compression: CompressionOptions.compressionOff,
      customClient: client,
    );
    socket.pingInterval = const Duration(seconds: 20); // a link that is dead closes nothing by itself
    final connection = NatsConnection._(socket);
    socket.listen(
      connection._received,
      onError: (Object error) => connection._close('$error'),
      onDone: () => connection._close(socket.closeReason ?? ''),
    );
    connection._line(
      'CONNECT ${jsonEncode(<String, Object>{'verbose': false, 'pedantic': false, 'auth_token': token, 'name': 'edgelab_mobile', 'lang': 'dart', 'version': '0.1.0', 'protocol': 1, 'headers': false})}',
    );
    connection._line('PING');
    await connection._welcome.future.timeout(
      const Duration(seconds: 10),
      onTimeout: () {
        connection._close('no answer from the hub');
      },
    );
    if (connection._closed.isCompleted) throw SocketException(await connection.closed);
    return connection;
  }

  final WebSocket _socket;
  final Completer<void> _welcome = Completer<void>();
  final Completer<String> _closed = Completer<String>();
  final Map<int, void Function(NatsMessage)> _subscriptions = <int, void Function(NatsMessage)>{};
  final Map<String, Completer<Uint8List>> _requests = <String, Completer<Uint8List>>{};
  final Random _random = Random.secure();
  Uint8List _pending = Uint8List(0);
  String _error = '';
  String? _inbox;
  int _lastId = 0;

  /// Completes with the reason when the connection is over.
  Future<String> get closed => _closed.future;

  bool get isOpen => !_closed.isCompleted;

  int subscribe(String subject, void Function(NatsMessage) receive) {
    _lastId += 1;
    _subscriptions[_lastId] = receive;
    _line('SUB $subject $_lastId');
    return _lastId;
  }

  void unsubscribe(int id) {
    if (_subscriptions.remove(id) != null) _line('UNSUB $id');
  }

  void publish(String subject, Uint8List data, {String? reply}) {
    final head = reply == null ? 'PUB $subject ${data.length}' : 'PUB $subject $reply ${data.length}';
    final bytes = BytesBuilder(copy: false)
      ..add(utf8.encode('$head\r\n'))
      ..add(data)
      ..add(_endOfLine);
    _send(bytes.takeBytes());
  }

  /// The first answer. Throws [TimeoutException] where none comes.
  Future<Uint8List> request(String subject, Uint8List data, Duration limit) async {
    final inbox = _inbox ??= _makeInbox();
    final reply = '$inbox.${_word()}';
    final answer = Completer<Uint8List>();
    _requests[reply] = answer;
    publish(subject, data, reply: reply);
    try {
      return await answer.future.timeout(limit);
    } finally {
      _requests.remove(reply);
    }
  }

  Future<void> close() async => _close('closed here');

  static final Uint8List _endOfLine = Uint8List.fromList(<int>[13, 10]);

  String _makeInbox() {
    final inbox = '_INBOX.${_word()}';
    subscribe('$inbox.*', (message) {
      final waiting = _requests[message.subject];
      if (waiting != null && !waiting.isCompleted) waiting.complete(message.data);
    });
    return inbox;
  }

  String _word() => List<String>.generate(16, (_) => _random.nextInt(16).toRadixString(16)).join();

  void _line(String text) => _send(Uint8List.fromList(utf8.encode('$text\r\n')));

  void _send(Uint8List bytes) {
    if (isOpen) _socket.add(bytes);
  }

  void _received(dynamic event) {
    final bytes = event is String ? Uint8List.fromList(utf8.encode(event)) : Uint8List.fromList(event as List<int>);
    final joined = BytesBuilder(copy: false)
      ..add(_pending)
      ..add(bytes);
    _pending = joined.takeBytes();
    var begin = 0;
    for (;;) {
      final next = _take(begin);
      if (next < 0) break;
      begin = next;
    }
    _pending = Uint8List.fromList(Uint8List.sublistView(_pending, begin));
  }

  // Takes one operation that begins there; where the next begins, or -1 where it is not all there.
  int _take(int begin) {
    final end = _endOfLineFrom(begin);
    if (end < 0) return -1;
    final words = latin1.decode(Uint8List.sublistView(_pending, begin, end)).split(' ');
    final after = end + 2;
    switch (words[0].toUpperCase()) {
      case 'MSG':
        final length = int.parse(words.last);
        if (_pending.length < after + length + 2) return -1;
        _deliver(words, Uint8List.fromList(Uint8List.sublistView(_pending, after, after + length)));
        return after + length + 2;
      case 'PING':
        _line('PONG');
        break;
      case 'PONG':
        if (!_welcome.isCompleted) _welcome.complete();
        break;
      case '-ERR':
        _error = words.skip(1).join(' ');
        break;
    }
    return after;
  }

  int _endOfLineFrom(int begin) {
    for (var at = begin; at + 1 < _pending.length; at += 1) {
      if (_pending[at] == 13 && _pending[at + 1] == 10) return at;
    }
    return -1;
  }

  // MSG subject id [reply] bytes
  void _deliver(List<String> words, Uint8List data) {
    final receive = _subscriptions[int.parse(words[2])];
    if (receive != null) receive(NatsMessage(words[1], words.length > 4 ? words[3] : null, data));
  }

  void _close(String reason) {
    if (_closed.isCompleted) return;
    _closed.complete(_error.isNotEmpty ? _error : reason);
    if (!_welcome.isCompleted) _welcome.complete();
    for (final waiting in _requests.values) {
      if (!waiting.isCompleted) waiting.completeError(const SocketException('the connection to the hub is gone'));
    }
    unawaited(_socket.close());
  }
}
