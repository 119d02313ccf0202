import 'dart:convert';
import 'dart:typed_data';

/// A frame of docs/FLEET.md.
class Frame {
  const Frame({required this.seq, required this.ack, required this.more, required this.kind, required this.body});

  /// Throws [FormatException] for what breaks a rule of that page.
  factory Frame.parse(Uint8List message) {
    final end = message.indexOf(10);
    if (end < 0 || end > longestHeader) throw const FormatException('a frame without a header of at most 4096 bytes');
    if (message.length - end - 1 > longestBody) throw const FormatException('a body of more than 262144 bytes');
    final header = jsonDecode(utf8.decode(Uint8List.sublistView(message, 0, end)));
    if (header is! Map<String, dynamic>) throw const FormatException('a header that is no JSON object');
    final more = header['more'];
    final kind = header['kind'];
    if (more != null && more is! bool) throw const FormatException('a more that is neither true nor false');
    if (kind != null && (kind is! String || kind.isEmpty)) throw const FormatException('a kind that is no name');
    return Frame(
      seq: wholeNumber(header['seq'], 'seq', from: 1),
      ack: wholeNumber(header['ack'], 'ack', from: 0) ?? 0,
      more: more == true,
      kind: kind is String ? kind : null,
      body: Uint8List.sublistView(message, end + 1),
    );
  }

  static const int longestHeader = 4096;
  static const int longestBody = 262144;

  /// Null: only a sign of life.
  final int? seq;
  final int ack;
  final bool more;

  /// Null: a line's.
  final String? kind;
  final Uint8List body;
}

/// A whole number of a message, null where it is absent. Throws [FormatException] for anything else. Some write 1.0 for 1.
int? wholeNumber(Object? value, String name, {required int from}) {
  if (value == null) return null;
  final whole = value is double && value == value.truncateToDouble() && value.abs() < 9e15 ? value.toInt() : value;
  if (whole is! int || whole < from) throw FormatException('a $name that is no whole number from $from');
  return whole;
}

/// One direction and its answers: numbers, acknowledgements, what is sent again, signs of life. It has no clock and no connection of
/// its own: [tick] is to be called every 100 ms, and what is published goes to `publish`.
class FrameLink {
  FrameLink({required this.leaseMs, required this.publish, required this.take});

  final int leaseMs;
  final void Function(Uint8List message) publish;

  /// Frames with a number, each once and in order.
  final void Function(Frame frame) take;

  static const int window = 32;
  static const int resendAfterMs = 1000;
  static const int ackAfter = 8;

  final List<_Numbered> _unacknowledged = <_Numbered>[];
  int _onTheWay = 0;
  int _lastSeq = 0;
  int _taken = 0;
  int _owed = 0;
  int _sinceProgressMs = 0;
  int _sinceSentMs = 0;
  int _sinceHeardMs = 0;

  /// Nothing has been heard for as long as the lease lasts.
  bool get expired => _sinceHeardMs >= leaseMs;

  /// Everything that was sent has arrived.
  bool get settled => _unacknowledged.isEmpty;

  void send(Uint8List body, {String? kind, bool more = false}) {
    _lastSeq += 1;
    _unacknowledged.add(_Numbered(_lastSeq, body, kind, more));
    _pump();
  }

  /// Throws [FormatException] for what breaks a rule, as `take` may do.
  void receive(Frame frame) {
    _sinceHeardMs = 0;
    if (frame.ack > _lastSeq - (_unacknowledged.length - _onTheWay)) {
      throw const FormatException('an ack of what was never sent');
    }
    _acknowledged(frame.ack);
    final seq = frame.seq;
    if (seq == null) return;
    _owed += 1;
    if (seq != _taken + 1) {
      acknowledge();
      return;
    }
    _taken = seq;
    if (_owed >= ackAfter) acknowledge();
    take(frame);
  }

  /// The connection is there again: what may have been lost is sent once more.
  void resend() {
    _onTheWay = 0;
    _sinceProgressMs = 0;
    _pump();
  }

  void tick(int elapsedMs) {
    _sinceHeardMs += elapsedMs;
    _sinceSentMs += elapsedMs;
    _sinceProgressMs += elapsedMs;
    if (_onTheWay > 0 && _sinceProgressMs >= resendAfterMs) resend();
    if (_owed > 0 || _sinceSentMs >= leaseMs ~/ 4) acknowledge();
  }

  void _acknowledged(int ack) {
    var arrived = 0;
    while (arrived < _unacknowledged.length && _unacknowledged[arrived].seq <= ack) {
      arrived += 1;
    }
    if (arrived == 0) return;
    _unacknowledged.removeRange(0, arrived);
    _onTheWay = _onTheWay > arrived ? _onTheWay - arrived : 0;
    _sinceProgressMs = 0;
    _pump();
  }

  void _pump() {
    while (_onTheWay < _unacknowledged.length && _onTheWay < window) {
      final next = _unacknowledged[_onTheWay];
      if (_onTheWay == 0) _sinceProgressMs = 0;
      _onTheWay += 1;
      _write(<String, Object>{
        'seq': next.seq,
        'ack': _taken,
        if (next.more) 'more': true,
        if (next.kind != null) 'kind': next.kind!,
      }, next.body);
    }
  }

  /// Tells at once what has arrived.
  void acknowledge() => _write(<String, Object>{'ack': _taken}, Uint8List(0));

  void _write(Map<String, Object> header, Uint8List body) {
    _owed = 0;
    _sinceSentMs = 0;
    final message = BytesBuilder(copy: false)
      ..add(utf8.encode('${jsonEncode(header)}\n'))
      ..add(body);
    publish(message.takeBytes());
  }
}

class _Numbered {
  const _Numbered(this.seq, this.body, this.kind, this.more);

  final int seq;
  final Uint8List body;
  final String? kind;
  final bool more;
}
